"""The templates of ``dvc plots``, filled as DVC fills them, with the rows that ``evaluate`` would write."""

from pathlib import Path

import pandas as pd
from dvc_render.vega import VegaRenderer

from resgrad.common.cells import Cell
from resgrad.evaluation.curves import learning_curves
from resgrad.evaluation.gradient_heatmap import heat_map
from resgrad.results.gradient_flow import load_norms, norms_by_layer
from resgrad.results.metrics import confusion
from resgrad.results.runs import load_runs
from tests.paths import ROOT
from tests.unit.fake_runs import write_run

TEMPLATES = ROOT / ".dvc/plots"
CELLS = [Cell("mnist", "plain", depth, seed) for depth in (8, 14) for seed in (0, 1)]
AXES = {
    "learning_curves": ("epoch", "accuracy"),
    "learning_curves_log": ("epoch", "loss"),
    "gradient_norms": ("position", "log10_norm"),
    "gradient_heatmap": ("step", "position"),
    "confusion_shares": ("predicted", "actual"),
}


def make_frames(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the data plotted with each template, from runs that differ in accuracy."""
    for cell in CELLS:
        write_run(folder, cell, accuracy=0.8 - 0.2 * cell.seed)
    runs = load_runs(folder / "data/runs/mnist", CELLS)
    norms = load_norms(folder / "data/gradients/mnist", CELLS)
    return {
        "learning_curves": learning_curves(runs),
        "learning_curves_log": learning_curves(runs),
        "gradient_norms": norms_by_layer(norms),
        "gradient_heatmap": heat_map(norms[norms["depth"] == 14]),
        "confusion_shares": confusion(runs).assign(depth=14, variant="plain"),
    }


def fill(name: str, rows: list[dict]) -> dict:
    """Fill a template as `dvc plots` does."""
    x, y = AXES[name]
    labels = {"title": "the title", "x_label": "the x", "y_label": "the y"}
    renderer = VegaRenderer(rows, name, template=name, template_dir=TEMPLATES, x=x, y=y, **labels)
    return renderer.get_filled_template()
