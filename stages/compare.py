"""Compare plain and residual networks: ``python -m stages.compare <dataset>``."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from resgrad.common.cells import Cell, Matrix
from resgrad.common.config import load, read
from resgrad.common.files import replacing, write_json
from resgrad.common.seeds import derive
from resgrad.comparison.comparison import compare, published
from resgrad.comparison.config import ComparisonConfig
from resgrad.comparison.gradient_distribution import load_distributions
from resgrad.comparison.rows import efficiency, measure_rows, stability
from resgrad.comparison.rows.gradients import load_verdicts
from resgrad.comparison.snapshots import load_snapshots
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.report.comparison.first_convolution import draw_first_layer
from resgrad.report.comparison.gradient_distribution import draw_distributions
from resgrad.report.comparison.overview import draw_comparison
from resgrad.report.comparison.page import to_markdown
from resgrad.report.comparison.rows.depth import draw_depth
from resgrad.report.comparison.rows.efficiency import draw_efficiency
from resgrad.report.comparison.rows.gradients import draw_gradients
from resgrad.report.comparison.rows.performance import draw_performance
from resgrad.report.comparison.rows.stability import draw_stability
from resgrad.report.comparison.rows.training_time import draw_training_time
from resgrad.report.style import save
from resgrad.results.gradient_flow import load_norms, norms_by_layer
from resgrad.results.runs import Run, load_runs
from resgrad.shards.shards import Shards
from stages._matrix import load_matrix, run_on_dataset

RUNS, GRADIENTS = Path("data/runs"), Path("data/gradients")


def compare_variants(dataset: str) -> None:
    """Read all runs and gradient tables; write the comparison as JSON, Markdown, CSV and pictures."""
    parameters = read(Path("params.yaml"))
    matrix = load_matrix(parameters)
    config = load(ComparisonConfig, parameters.get("comparison"), "comparison")
    thresholds = load(VerdictsConfig, parameters.get("verdicts"), "verdicts")
    shards = Shards(Path("data/shards", dataset))
    index = shards.index().to_pandas()
    cells = list(matrix.cells(dataset))
    runs = load_runs(RUNS / dataset, cells)
    norms = load_norms(GRADIENTS / dataset, cells)
    measures = measure_rows(
        runs,
        norms,
        load_verdicts(GRADIENTS / dataset, cells, thresholds),
        target=config.target_accuracy[dataset],
        training_images=int((index[f"split_{shards.manifest['split']}"] == "train").sum()),
    )
    groups = index.set_index("id")["group"]
    comparison = compare(measures, runs, groups, config, seed=derive(0, "bootstrap", dataset))
    provenance = runs[0].provenance
    write_json(Path(f"metrics/comparison-{dataset}.json"), {provenance: published(comparison)})
    with replacing(Path(f"metrics/comparison-{dataset}.md")) as partial:
        partial.write_text(to_markdown(comparison, config, dataset=dataset, provenance=provenance), encoding="utf-8")
    with replacing(Path(f"metrics/comparison-{dataset}.csv")) as partial:
        measures.to_csv(partial, index=False, float_format="%.6g", lineterminator="\n")
    data = f"{dataset} ({provenance} data)"
    pictures = {
        **_pictures_of_rows(data, runs, norms, measures, config.target_accuracy[dataset]),
        **_pictures_of_gradients(data, matrix, [cell for cell in cells if cell.depth == comparison.depth]),
    }
    for name, picture in pictures.items():
        save(picture, Path(f"plots/{dataset}/{name}.png"))


def _pictures_of_rows(
    data: str, runs: list[Run], norms: pd.DataFrame, measures: pd.DataFrame, target: float
) -> dict[str, Figure]:
    seeds = f"n = {measures['seed'].nunique()} seeds"
    shares = efficiency.share_at_target(measures)
    layers = norms_by_layer(norms)
    losses = stability.losses(runs)
    twins = f"{data}: plain and residual twins, {seeds}"
    return {
        "comparison": draw_comparison(twins, measures, shares, layers, losses, target=target),
        "rows/efficiency": draw_efficiency(f"{data}: training efficiency, {seeds}", shares, target),
        "rows/performance": draw_performance(f"{data}: performance, {seeds}", measures),
        "rows/gradients": draw_gradients(f"{data}: gradients by layer, {seeds}", layers),
        "rows/training_time": draw_training_time(f"{data}: training time, {seeds}", measures, target),
        "rows/depth": draw_depth(f"{data}: depth handling, {seeds}", measures),
        "rows/stability": draw_stability(f"{data}: training stability, {seeds}", losses),
    }


def _pictures_of_gradients(data: str, matrix: Matrix, deepest: list[Cell]) -> dict[str, Figure]:
    depth, seed, dataset = max(matrix.depths), matrix.seeds[0], deepest[0].dataset
    snapshots = {cell.variant: load_snapshots(RUNS / dataset, cell) for cell in sorted(deepest) if cell.seed == seed}
    return {
        "first_convolution": draw_first_layer(
            f"{data}: gradient of the first layer, depth {depth}, seed {seed}", snapshots
        ),
        "gradient_distribution": draw_distributions(
            f"{data}: how gradients spread over magnitudes\ndepth {depth}, n = {len(matrix.seeds)} seeds pooled",
            load_distributions(GRADIENTS / dataset, deepest),
        ),
    }


if __name__ == "__main__":
    run_on_dataset(compare_variants, __doc__)
