"""Collect how long the trainings of a dataset took: ``python -m stages.timing <dataset>``."""

from pathlib import Path

from resgrad.common.cells import Matrix
from resgrad.common.config import load_part, read
from resgrad.common.tables import write_room
from resgrad.timing.times import AVERAGES, TIMES, average, load_times, machine
from stages._run import run_on_dataset


def timing(dataset: str) -> None:
    """Read the times of all runs; write them and their averages as the tables of the room."""
    cells = load_part(Matrix, read(Path("params.yaml"))).cells(dataset)
    times = load_times(Path("data/times", dataset), cells)
    about = {"dataset": dataset, "machine": machine(times)}
    write_room(Path("data/timing", dataset), {TIMES: times, AVERAGES: average(times)}, about)


if __name__ == "__main__":
    run_on_dataset(timing, __doc__)
