"""Audit what the accuracies of a dataset are made of: ``python -m stages.audit <dataset>``."""

from pathlib import Path

import pandas as pd

from resgrad.audit import tables
from resgrad.audit.classifiers import measure_borders, side_by_side
from resgrad.audit.config import AuditConfig
from resgrad.audit.imbalance import class_counts, per_class_recall, worst_first
from resgrad.audit.inflation import accuracies, average_on_splits, inflation
from resgrad.audit.summary import audit_metrics, average
from resgrad.audit.trainings import splits_differ, train_on_both_splits
from resgrad.common.cells import Matrix
from resgrad.common.config import load, load_part, read
from resgrad.common.files import write_json
from resgrad.common.tables import Table, write_room
from resgrad.results.metrics import measure_runs
from resgrad.results.runs import load_runs
from resgrad.shards.shards import DEALT, Shards
from resgrad.training.config import BudgetConfig, TrainConfig
from resgrad.training.devices import choose_device, keep_freed_memory, make_repeatable
from stages._parameters import dataset_parameters
from stages._run import run_on_dataset


def audit(dataset: str) -> None:
    """Read shards and all runs, and train on both splits; write the tables of the room, and metrics."""
    parameters = read(Path("params.yaml"))
    matrix = load_part(Matrix, parameters)
    config = load(AuditConfig, parameters.get("audit"), "audit")
    train = load(TrainConfig, parameters.get("train"), "train")
    make_repeatable(train.threads, train.kernels)
    keep_freed_memory()
    shards = Shards(Path("data/shards", dataset))
    runs = load_runs(Path("data/runs", dataset), matrix.cells(dataset))
    depth = max(matrix.depths)

    classifiers = side_by_side(shards, measure_runs(runs), config.seeds)
    averages = average(classifiers)
    recall = per_class_recall([run for run in runs if run.cell.depth == depth])
    classes = worst_first(recall, class_counts(shards.manifest))
    on_splits = _on_both_splits(dataset, shards, config, train) if splits_differ(shards) else {}
    about = {"provenance": shards.manifest["provenance"], "split": shards.manifest["split"], "depth": depth}
    metrics = audit_metrics(averages, classes, on_splits.get(tables.INFLATION))
    write_json(Path(f"metrics/audit-{dataset}.json"), {about["provenance"]: metrics})
    room = {
        tables.CLASSIFIERS: classifiers,
        tables.AVERAGES: averages,
        tables.RECALL: recall,
        tables.CLASSES: classes,
        **on_splits,
    }
    write_room(Path("data/audit", dataset), room, {"dataset": dataset, **about})


def _on_both_splits(dataset: str, shards: Shards, config: AuditConfig, train: TrainConfig) -> dict[Table, pd.DataFrame]:
    """Train small networks and forests on both splits."""
    hits = train_on_both_splits(
        dataset,
        shards,
        config=config,
        train=train,
        augment=load_part(BudgetConfig, dataset_parameters(dataset), f"data.{dataset}").augment,
        device=choose_device(train.device),
        checkpoints=Path(".checkpoints"),
    )
    borders = pd.concat(measure_borders(shards, config.seeds, scheme).assign(scheme=scheme) for scheme in DEALT)
    return {
        tables.SPLIT_NETWORKS: hits,
        tables.SPLIT_BORDERS: borders,
        tables.SPLIT_ACCURACIES: accuracies(hits),
        tables.SPLIT_AVERAGES: average_on_splits(hits, borders, shards.manifest["leak"]),
        tables.INFLATION: inflation(hits),
    }


if __name__ == "__main__":
    run_on_dataset(audit, __doc__)
