"""How long the trainings took."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from resgrad.analysis.runs import read_json
from resgrad.analysis.spread import spread
from resgrad.cells import Cell

MACHINE = ("device", "processor", "python", "threads", "torch")


def load_times(folder: Path, cells: Iterable[Cell]) -> pd.DataFrame:
    """Read the times of a dataset's runs.

    Args:
        folder: holds one JSON file per run, named as the cell.
        cells: the runs to read.

    Returns:
        a row per run: variant, depth, seconds.total, seconds.training, ..., images_per_second, and what it ran on.

    Raises:
        RunError: a file is missing or damaged.
    """
    times = [
        {"variant": cell.variant, "depth": cell.depth, **read_json(folder / f"{cell.name}.json", cell)}
        for cell in cells
    ]
    return pd.json_normalize(times)


def summarise(times: pd.DataFrame) -> dict[str, Any]:
    """Average times over seeds.

    Args:
        times: from :func:`load_times`.

    Returns:
        ``seconds`` -> ``depth-20`` -> variant -> activity -> n, mean, sd; ``images_per_second`` -> ``depth-20`` ->
        variant -> n, mean, sd; and what the runs ran on: device, processor, python, threads, torch, each ``mixed``
        where runs differ.
    """
    activities = [column for column in times.columns if column.startswith("seconds.")]
    seconds: dict[str, Any] = {}
    rate: dict[str, Any] = {}
    for (depth, variant), runs in times.groupby(["depth", "variant"], sort=True):
        name = f"depth-{depth}"
        seconds.setdefault(name, {})[variant] = {
            activity.removeprefix("seconds."): spread(runs[activity]) for activity in activities
        }
        rate.setdefault(name, {})[variant] = spread(runs["images_per_second"])
    return {"seconds": seconds, "images_per_second": rate, **{name: _same(times[name]) for name in MACHINE}}


def _same(values: pd.Series) -> Any:
    first, *others = values.tolist()
    return first if all(other == first for other in others) else "mixed"
