"""The gradient table: one row per recorded step and parameter tensor, a column per chosen statistic."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from resgrad.common.cells import Cell
from resgrad.common.tables import Column, Table
from resgrad.gradients.recorder import Recording, TensorInfo
from resgrad.gradients.statistics import load

RUN = (
    Column("dataset", pa.string(), "name of the data set"),
    Column("variant", pa.string(), "plain, residual"),
    Column("depth", pa.int32(), "layers with weights on the longest path"),
    Column("seed", pa.int64(), "root seed of the run"),
)
"""The columns that identify a run."""

STEP = (
    Column("step", pa.int32(), "optimiser steps taken before this gradient; 0 is at the initial weights", "steps"),
    Column("epoch", pa.int32(), "epoch the step belongs to, from 1"),
)
"""The columns that identify a recorded step of a run."""

TENSOR = (
    Column("layer", pa.string(), "the module's name in the network, e.g. `stage2.0.conv1` or `blocks.2.linear1`"),
    Column(
        "kind",
        pa.string(),
        "conv, linear, norm, or what does not lie on the main path: activation, shortcut, excitation, mask",
    ),
    Column("param", pa.string(), "weight, bias, or another name of a parameter"),
    Column("layer_index", pa.int32(), "place of the layer in the forward pass, from 0"),
    Column("numel", pa.int32(), "elements of the tensor", "elements"),
)
"""The columns that identify and describe a parameter tensor of a network."""

ABOUT = (
    "One row per recorded step and parameter tensor of a training. A gradient with NaN or infinite elements has "
    "non-finite statistics, as IEEE arithmetic gives them, and `nonfinite` says how many there are; nothing is dropped."
)


def gradient_table(statistics: Sequence[str]) -> Table:
    """Return the table with the columns of these statistics, in this order, after those that identify a row.

    Raises:
        ParameterError: there is no such statistic, or it is named twice.
        ValueError: a statistic has the name of another column.
    """
    described = tuple(statistic.column for statistic in load(statistics))
    return Table("gradients", ABOUT, (*RUN, *STEP, *TENSOR, *described))


def write_table(path: Path, cell: Cell, recording: Recording, statistics: Sequence[str]) -> None:
    """Write the gradient table of one run.

    Args:
        path: the file.
        cell: the run.
        recording: its gradients.
        statistics: the statistics that were to be recorded.

    Raises:
        ValueError: others were recorded.
    """
    records, tensors = len(recording.steps), len(recording.tensors)

    def per_record(values: list[int]) -> np.ndarray:
        return np.repeat(values, tensors)

    def per_tensor(name: str) -> list:
        return [getattr(tensor, name) for tensor in recording.tensors] * records

    columns = {
        **{name: [value] * (records * tensors) for name, value in cell._asdict().items()},
        "step": per_record(recording.steps),
        "epoch": per_record(recording.epochs),
        **{name: per_tensor(name) for name in TensorInfo._fields},
    }
    described = {name: np.concatenate(values) for name, values in recording.columns.items()}
    gradient_table(statistics).write(path, columns | described)
