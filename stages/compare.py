"""Compare plain and residual networks: ``python -m stages.compare <dataset>``."""

from pathlib import Path

from resgrad.common.cells import Matrix
from resgrad.common.config import load, load_part, read
from resgrad.common.files import write_json
from resgrad.common.seeds import derive
from resgrad.common.tables import write_room
from resgrad.comparison import tables
from resgrad.comparison.comparison import about, compare, comparison_metrics
from resgrad.comparison.config import ComparisonConfig, TargetConfig
from resgrad.comparison.gradient_distribution import load_distributions
from resgrad.comparison.row import Evidence
from resgrad.comparison.rows import measure_rows, rows
from resgrad.comparison.snapshots import load_snapshots
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.results.runs import load_runs
from resgrad.shards.shards import Shards
from stages._parameters import dataset_parameters
from stages._run import run_on_dataset

RUNS, GRADIENTS, TOLERANCE = Path("data/runs"), Path("data/gradients"), Path("data/tolerance")


def compare_variants(dataset: str) -> None:
    """Read all runs and gradient tables; write the comparison as metrics and as the tables of its room."""
    parameters = read(Path("params.yaml"))
    matrix = load_part(Matrix, parameters)
    config = load(ComparisonConfig, parameters.get("comparison"), "comparison")
    shards = Shards(Path("data/shards", dataset))
    index = shards.index().to_pandas()
    evidence = Evidence(
        runs=load_runs(RUNS / dataset, matrix.cells(dataset)),
        gradients=GRADIENTS / dataset,
        tolerance=TOLERANCE / dataset,
        thresholds=load(VerdictsConfig, parameters.get("verdicts"), "verdicts"),
        target=load_part(TargetConfig, dataset_parameters(dataset), f"data.{dataset}").target_accuracy,
        training_images=int((index[f"split_{shards.manifest['split']}"] == "train").sum()),
        alpha=config.alpha,
    )
    measures = measure_rows(evidence)
    groups = index.set_index("id")["group"]
    comparison = compare(measures, evidence.runs, groups, config, seed=derive(0, "bootstrap", dataset))
    deepest = [cell for cell in evidence.cells if cell.depth == comparison.depth]
    first = {cell.variant: cell for cell in sorted(deepest) if cell.seed == matrix.seeds[0]}
    snapshots = {variant: load_snapshots(RUNS / dataset, cell) for variant, cell in first.items()}

    provenance = evidence.runs[0].provenance
    write_json(Path(f"metrics/comparison-{dataset}.json"), {provenance: comparison_metrics(comparison)})
    write_room(
        Path("data/comparison", dataset),
        {
            tables.RUNS: measures,
            tables.BY_DEPTH: comparison.table.reset_index(),
            tables.VERDICTS: comparison.verdicts.reset_index(),
            tables.CORRELATIONS: comparison.correlations,
            tables.MCNEMAR: tables.mcnemar_table(comparison.images),
            tables.ROWS: tables.rows_table(),
            tables.MEASURES: tables.measures_table(),
            tables.PANELS: tables.panels_table(),
            tables.DISTRIBUTIONS: load_distributions(GRADIENTS / dataset, deepest),
            tables.SNAPSHOTS: tables.snapshots_table(snapshots, comparison.depth, matrix.seeds[0]),
            **{table: make(evidence) for row in rows().values() for table, make in row.tables.items()},
        },
        about(comparison, config, dataset=dataset, provenance=provenance, target=evidence.target),
    )


if __name__ == "__main__":
    run_on_dataset(compare_variants, __doc__)
