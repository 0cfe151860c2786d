"""Bring in a dataset's raw files: ``python -m stages.download <dataset>``."""

import argparse
from pathlib import Path

from resgrad.common.config import load, read
from resgrad.datasets.config import DatasetConfig
from resgrad.download import sources
from stages._run import run

PARTIALS = Path(".checkpoints/downloads")
"""Outside of the outputs, which DVC deletes before it runs a stage: a download that was cut off goes on from here."""


STORE = Path(".downloads")
"""Likewise: official files are taken from here when the stage runs anew. Delete it to fetch them again."""


def main(dataset: str) -> None:
    """Read ``data.<dataset>.source`` and ``leaf_map``; write data/raw."""
    sections = read(Path("params.yaml")).get("data") or {}
    config = load(DatasetConfig, sections.get(dataset), f"data.{dataset}")
    sources.download(dataset, config.source, config.leaf_map, Path("data/raw", dataset), partials=PARTIALS, store=STORE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", choices=["mnist", "plantvillage"])
    arguments = parser.parse_args()
    run(lambda: main(arguments.dataset))
