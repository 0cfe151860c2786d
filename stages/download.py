"""Bring in a dataset's raw files: ``python -m stages.download <dataset>``."""

from pathlib import Path

from resgrad.common.config import load_part
from resgrad.datasets.config import SourceConfig
from resgrad.download.changes import RECORDS, record
from resgrad.download.paths import local_paths
from resgrad.download.sources import download
from stages._parameters import dataset_parameters, source
from stages._run import run_on_dataset

PARTIALS = Path(".checkpoints/downloads")
"""Outside the outputs, which DVC deletes before it runs a stage: an interrupted download resumes from here."""
STORE = Path(".downloads")
"""Likewise: official files are taken from here when the stage runs again. Delete it to fetch them again."""


def bring_in(dataset: str) -> None:
    """Read the format, source and leaf map of ``data.<dataset>``; write data/raw."""
    parameters = {**dataset_parameters(dataset), "source": source(dataset)}
    config = load_part(SourceConfig, parameters, f"data.{dataset}")
    print(download(dataset, config, Path("data/raw", dataset), partials=PARTIALS, store=STORE))
    for path in local_paths([config.source, config.leaf_map]):
        record(path, RECORDS)


if __name__ == "__main__":
    run_on_dataset(bring_in, __doc__)
