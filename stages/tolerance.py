"""Measure how little the learning rate matters to networks: ``python -m stages.tolerance <dataset>``."""

from pathlib import Path

from resgrad.common.cells import Matrix
from resgrad.common.config import load, load_part, read
from resgrad.common.files import write_json
from resgrad.common.tables import write_room
from resgrad.shards.shards import Shards
from resgrad.tolerance import tables
from resgrad.tolerance.config import ToleranceConfig
from resgrad.tolerance.measure import accuracy_by_rate, tolerance_metrics, tolerances, trainings
from resgrad.tolerance.points import read_points
from stages._parameters import dataset_parameters
from stages._run import run_on_dataset


def tolerance(dataset: str) -> None:
    """Read how the trainings at all rates ended; write the tables of the room, and metrics."""
    parameters = read(Path("params.yaml"))
    variants = load_part(Matrix, parameters).variants
    points = load(ToleranceConfig, parameters.get("tolerance"), "tolerance").points(variants)
    target = dataset_parameters(dataset)["target_accuracy"]
    manifest = Shards(Path("data/shards", dataset)).manifest
    table = trainings(read_points(Path("data/rates", dataset), dataset, points), len(manifest["classes"]))
    measured = tolerances(table, target)
    write_json(Path(f"metrics/tolerance-{dataset}.json"), {manifest["provenance"]: tolerance_metrics(measured)})
    write_room(
        Path("data/tolerance", dataset),
        {
            tables.TRAININGS: table,
            tables.ACCURACY_BY_RATE: accuracy_by_rate(table, target),
            tables.TOLERANCES: measured,
        },
        {"dataset": dataset, "provenance": manifest["provenance"], "target": target},
    )


if __name__ == "__main__":
    run_on_dataset(tolerance, __doc__)
