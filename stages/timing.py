"""Summarise how long the trainings of a dataset took: ``python -m stages.timing <dataset>``."""

from pathlib import Path

from resgrad.analysis.timing import load_times, summarise
from resgrad.config import read
from resgrad.files import write_json
from stages._matrix import load_matrix, run_on_dataset


def timing(dataset: str) -> None:
    """Read the times of all runs; write their means and spread."""
    cells = load_matrix(read(Path("params.yaml"))).cells(dataset)
    write_json(Path(f"metrics/timing-{dataset}.json"), summarise(load_times(Path("data/times", dataset), cells)))


if __name__ == "__main__":
    run_on_dataset(timing, __doc__)
