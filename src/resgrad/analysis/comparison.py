"""Plain against residual: each measure at each depth, and the difference between twins."""

from typing import Any, NamedTuple

import pandas as pd
from tabulate import tabulate

from resgrad.analysis.spread import spread
from resgrad.cells import VARIANTS


class Measure(NamedTuple):
    """A column of the table of runs that is compared."""

    column: str
    name: str
    title: str


MEASURES = (
    Measure("test.accuracy", "test_accuracy", "test accuracy ↑"),
    Measure("test.macro_f1", "test_macro_f1", "test macro F1 ↑"),
    Measure("test.roc_auc", "test_roc_auc", "test ROC-AUC ↑"),
    Measure("test.loss", "test_loss", "test loss (nats) ↓"),
    Measure("train_error", "train_error", "training error ↓"),
    Measure(
        "gradient_log10_first_to_last.first_step",
        "gradient_log10_first_to_last_first_step",
        "log10(first / last gradient), first step",
    ),
    Measure(
        "gradient_log10_first_to_last.last_quarter",
        "gradient_log10_first_to_last_last_quarter",
        "log10(first / last gradient), last quarter",
    ),
)

PROVENANCE = {
    "embedded": "Data: the sample embedded in the project, a stand-in. **These are not {dataset} results.**",
    "official": "Data: the official {dataset} files, as far as the parameters let them in.",
    "custom": "Data: {dataset} from a source of the user's own.",
}


def compare(measures: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Compare the variants of all depths.

    Args:
        measures: a row per run: variant, depth, seed, diverged and the columns of :data:`MEASURES`; NaN where a
            measure is undefined.

    Returns:
        ``depth-20`` -> measure -> plain, residual, difference, each with n, mean and sd (see
        :func:`~resgrad.analysis.spread.spread`). A difference is residual - plain within a seed, over the seeds that
        have both. Beside the measures, runs_diverged -> plain, residual.
    """
    comparison = {}
    for depth, runs in measures.groupby("depth", sort=True):
        by_variant = {variant: runs[runs["variant"] == variant].set_index("seed") for variant in VARIANTS}
        at_depth: dict[str, Any] = {
            "runs_diverged": {variant: int(of_variant["diverged"].sum()) for variant, of_variant in by_variant.items()}
        }
        for measure in MEASURES:
            plain, residual = (by_variant[variant][measure.column] for variant in VARIANTS)
            at_depth[measure.name] = {
                "plain": spread(plain),
                "residual": spread(residual),
                "difference": spread(residual - plain),
            }
        comparison[f"depth-{depth}"] = at_depth
    return comparison


def to_markdown(comparison: dict[str, dict[str, Any]], dataset: str, provenance: str) -> str:
    """Write a comparison for people: where the data come from, the main finding, the table.

    Args:
        comparison: from :func:`compare`.
        dataset: its name.
        provenance: embedded, official or custom.
    """
    deepest = list(comparison)[-1]
    rows = [row for depth, at_depth in comparison.items() for row in _rows(depth, at_depth)]
    table = tabulate(
        rows,
        headers=["depth", "measure", *VARIANTS, "residual - plain"],
        tablefmt="github",
        colalign=("right", "left", "right", "right", "right"),
        disable_numparse=True,
    )
    notes = (
        "Mean ± standard deviation over n seeds. Twins share seed, initial weights and batches, so the difference is "
        "taken within each seed. ↑: higher is better; ↓: lower is better. The gradient rows compare the L2 norm of the "
        "gradient at the first convolution with that at the last layer, in powers of ten, at the initial weights and "
        "over the last quarter of the steps: below 0, gradients shrink on their way back to the input; above 0, they "
        "grow."
    )
    paragraphs = [
        f"# {dataset} ({provenance}): plain against residual",
        PROVENANCE[provenance].format(dataset=dataset),
        _headline(deepest, comparison[deepest]),
        table,
        notes,
    ]
    return "\n\n".join(paragraphs) + "\n"


def _headline(name: str, at_depth: dict[str, Any]) -> str:
    accuracy = at_depth["test_accuracy"]
    depth = name.removeprefix("depth-")
    return (
        f"At depth {depth}, networks with residual connections reach a test accuracy of {_text(accuracy['residual'])}, "
        f"their plain twins {_text(accuracy['plain'])}: a difference of {_text(accuracy['difference'], sign='+')}."
    )


def _rows(name: str, at_depth: dict[str, Any]) -> list[list[str]]:
    depth = name.removeprefix("depth-")
    rows = []
    for measure in MEASURES:
        of_measure = at_depth[measure.name]
        # A logarithm has a sign of its own; what cannot be negative shows one in the difference alone.
        sign = "+" if "log10" in measure.name else ""
        cells = [_text(of_measure[variant], sign) for variant in VARIANTS]
        rows.append([depth, measure.title, *cells, _text(of_measure["difference"], sign="+")])
    diverged = at_depth["runs_diverged"]
    if any(diverged.values()):
        rows.append([depth, "runs diverged ↓", *(str(diverged[variant]) for variant in VARIANTS), ""])
    return rows


def _text(summary: dict[str, float], sign: str = "") -> str:
    """Write ``0.954 ± 0.012 (n=3)``."""
    if summary["n"] == 0:
        return "undefined"
    sd = f" ± {summary['sd']:.3f}" if "sd" in summary else ""
    return f"{summary['mean']:{sign}.3f}{sd} (n={summary['n']})"
