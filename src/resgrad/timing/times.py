"""How long the trainings took."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from resgrad.common.cells import VARIANTS, Cell
from resgrad.report.markdown import spread_text, table_text
from resgrad.results.runs import read_json

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
        ``depth-20`` -> variant -> seconds (of a whole run) and images_per_second (in training), means; and what the
        runs ran on: device, processor, python, threads, torch, each ``mixed`` where runs differ.
    """
    means = times.groupby(["depth", "variant"], sort=True)[["seconds.total", "images_per_second"]].mean()
    summary: dict[str, Any] = _machine(times)
    for (depth, variant), (seconds, rate) in means.iterrows():
        summary.setdefault(f"depth-{depth}", {})[variant] = {"seconds": seconds, "images_per_second": rate}
    return summary


def to_markdown(times: pd.DataFrame, dataset: str) -> str:
    """Write the times for people: what took how long, with n and spread, and on what.

    Args:
        times: from :func:`load_times`.
        dataset: its name.
    """
    activities = [column for column in times.columns if column.startswith("seconds.")]
    titles = {name: f"seconds, {name.removeprefix('seconds.')}" for name in activities}
    titles["images_per_second"] = "images per second, training"

    def cell(runs: pd.Series) -> str:
        return spread_text(runs.count(), runs.mean(), runs.std(), form=".3g")

    rows = [
        [depth, title, *(cell(of_depth.loc[of_depth["variant"] == variant, name]) for variant in VARIANTS)]
        for depth, of_depth in times.groupby("depth", sort=True)
        for name, title in titles.items()
    ]
    machine = ", ".join(f"{name} {value}" for name, value in _machine(times).items())
    paragraphs = [
        f"# {dataset}: wall-clock times",
        f"Mean ± standard deviation over n seeds. Measured on: {machine}. Other processes may have run beside.",
        table_text(["depth", "per run", *VARIANTS], rows),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _machine(times: pd.DataFrame) -> dict[str, Any]:
    return {name: _same(times[name]) for name in MACHINE}


def _same(values: pd.Series) -> Any:
    first, *others = values.tolist()
    return first if all(other == first for other in others) else "mixed"
