"""Audit what the accuracies of a dataset are made of: ``python -m stages.audit <dataset>``."""

from pathlib import Path

import pandas as pd

from resgrad.audit.classifiers import measure_borders, side_by_side
from resgrad.audit.config import AuditConfig
from resgrad.audit.imbalance import class_counts, per_class_recall, worst_first
from resgrad.audit.inflation import accuracies, inflation
from resgrad.audit.summary import published, summarise
from resgrad.audit.trainings import SCHEMES, SplitTrainings, splits_differ
from resgrad.common.config import load, read
from resgrad.common.files import replacing, write_json
from resgrad.report.audit.figure import draw_audit
from resgrad.report.audit.page import to_markdown
from resgrad.report.style import save
from resgrad.results.metrics import measure_runs
from resgrad.results.runs import load_runs
from resgrad.shards.shards import Shards
from resgrad.training.config import TrainConfig
from resgrad.training.devices import choose_device, make_repeatable
from stages._matrix import load_matrix, run_on_dataset


def audit(dataset: str) -> None:
    """Read shards and all runs, train on both splits; write the audit as JSON, Markdown, tables and a picture."""
    parameters = read(Path("params.yaml"))
    matrix = load_matrix(parameters)
    config = load(AuditConfig, parameters.get("audit"), "audit")
    train = load(TrainConfig, parameters.get("train"), "train")
    make_repeatable(train.threads)
    shards = Shards(Path("data/shards", dataset))
    provenance, split = shards.manifest["provenance"], shards.manifest["split"]
    runs = load_runs(Path("data/runs", dataset), matrix.cells(dataset))
    depth = max(matrix.depths)

    classifiers = side_by_side(shards, measure_runs(runs), config.seeds)
    recall = per_class_recall([run for run in runs if run.cell.depth == depth])
    classes = worst_first(recall, class_counts(shards.manifest))
    tables = {"classifiers": classifiers, "recall": recall}
    inflated = by_split = None
    if splits_differ(shards):
        hits, borders = _on_both_splits(dataset, shards, config, train)
        inflated = inflation(hits, borders, shards.manifest["leak"])
        by_split = accuracies(hits)
        tables |= {"split_networks": hits, "split_border_pixels": borders}

    summary = summarise(classifiers, classes, inflated)
    write_json(Path(f"metrics/audit-{dataset}.json"), {provenance: published(summary)})
    with replacing(Path(f"metrics/audit-{dataset}.md")) as partial:
        page = to_markdown(dataset, provenance, split=split, depth=depth, summary=summary, classes=classes)
        partial.write_text(page, encoding="utf-8")
    title = f"{dataset} ({provenance} data, {split} split): what the accuracies are made of"
    save(draw_audit(title, classifiers, by_split, classes, depth), Path(f"plots/{dataset}/audit.png"))
    with replacing(Path("data/audit", dataset)) as partial:
        partial.mkdir()
        for name, table in tables.items():
            table.to_parquet(partial / f"{name}.parquet", index=False)


def _on_both_splits(
    dataset: str, shards: Shards, config: AuditConfig, train: TrainConfig
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train small networks and forests; return the networks' hits and the forests' accuracies."""
    device = choose_device(train.device)
    checkpoints = Path(".checkpoints")
    trainings = SplitTrainings(dataset, shards, config=config, train=train, device=device, checkpoints=checkpoints)
    borders = {scheme: measure_borders(shards, config.seeds, scheme) for scheme in SCHEMES}
    return trainings.run(), pd.concat(frame.assign(scheme=scheme) for scheme, frame in borders.items())


if __name__ == "__main__":
    run_on_dataset(audit, __doc__)
