"""How long the trainings took: measured times, and their averages over seeds."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from resgrad.common.cells import Cell
from resgrad.common.columns import DEPTH, RUN, VARIANT
from resgrad.common.columns import spread as spread_columns
from resgrad.common.spread import spread
from resgrad.common.tables import Column, Table
from resgrad.results.runs import read_json

MACHINE = ("device", "processor", "instruction_set", "kernels", "python", "threads", "torch")

ACTIVITIES = ("training", "recording", "evaluation", "total")
"""The timed activities: the steps, including recording; recording; evaluation; and the whole stage."""

TIMES = Table(
    "times",
    "a run",
    (
        *RUN,
        *(Column(f"seconds.{activity}", pa.float64(), f"wall-clock time, {activity}", "s") for activity in ACTIVITIES),
        Column("images_per_second", pa.float64(), "in training, recording included", "1/s"),
        Column("device", pa.string(), "cpu, mps, or the name of the accelerator"),
        Column("processor", pa.string(), "vendor, family, model and stepping where the system tells them"),
        Column("instruction_set", pa.string(), "widest vector instructions that the processor has"),
        Column("kernels", pa.string(), "vector instructions that torch used, its CPU capability: see `train.kernels`"),
        Column("python", pa.string(), "version"),
        Column("threads", pa.int64(), "of the training"),
        Column("torch", pa.string(), "version"),
    ),
)

AVERAGES = Table(
    "averages",
    "a time of the runs of a depth and variant",
    (
        DEPTH,
        VARIANT,
        Column("measure", pa.string(), "a column of the table of times"),
        *spread_columns("the measure over seeds"),
    ),
)


def load_times(folder: Path, cells: Iterable[Cell]) -> pd.DataFrame:
    """Read the times of a dataset's runs.

    Args:
        folder: holds one JSON file per run, with the cell's name.
        cells: the runs to read.

    Returns:
        a row per run: variant, depth, seed, seconds.total, ..., images_per_second, and the machine it ran on.

    Raises:
        RunError: a file is missing or damaged.
    """
    times = [
        {
            "variant": cell.variant,
            "depth": cell.depth,
            "seed": cell.seed,
            **read_json(folder / f"{cell.name}.json", cell),
        }
        for cell in cells
    ]
    return pd.json_normalize(times)


def average(times: pd.DataFrame) -> pd.DataFrame:
    """Average times over seeds.

    Args:
        times: from :func:`load_times`.

    Returns:
        a row per depth, variant and measure (``seconds.training`` and so on, images_per_second): depth, variant,
        measure, n, mean, sd.
    """
    measures = [column for column in times.columns if column.startswith("seconds.")] + ["images_per_second"]
    rows = [
        {"depth": depth, "variant": variant, "measure": measure, **spread(runs[measure])}
        for (depth, variant), runs in times.groupby(["depth", "variant"], sort=True)
        for measure in measures
    ]
    return pd.DataFrame(rows).reindex(columns=AVERAGES.schema.names)


def machine(times: pd.DataFrame) -> dict[str, Any]:
    """Return the machine of the runs: device, processor and so on, each ``mixed`` if runs differ."""
    return {name: _same(times[name]) for name in MACHINE}


def _same(values: pd.Series) -> Any:
    first, *others = values.tolist()
    return first if all(other == first for other in others) else "mixed"
