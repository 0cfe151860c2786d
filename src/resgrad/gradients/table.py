"""The gradient table: one row per recorded step and parameter tensor.

================  ==================  ========================================================================
column            type                meaning
================  ==================  ========================================================================
dataset           string              mnist, plantvillage
variant           string              plain, residual
depth             int32               layers with weights on the longest path
seed              int64               root seed of the run
step              int32               optimiser steps taken before this gradient; 0 is at the initial weights
epoch             int32               epoch the step belongs to, from 1
layer             string              the module's name in the network, e.g. ``stage2.0.conv1``
kind              string              conv, norm, linear
param             string              weight, bias
layer_index       int32               place of the layer in the forward pass, from 0
numel             int32               elements of the tensor
grad_norm         double              L2 norm of the gradient of the mean loss, before clipping and weight decay
grad_mean         double              its mean
grad_std          double              its population standard deviation
grad_max          double              its largest magnitude
zero_fraction     double              share of elements that are exactly zero, in [0, 1]
nonfinite         int64               count of NaN and infinite elements
weight_norm       double              L2 norm of the parameter before the step
update_norm       double              L2 norm of the change that the step made
log2_hist         list<int32>[128]    counts of ``|g|`` per power of two (see ``statistics.BINS``)
================  ==================  ========================================================================

A gradient with NaN or infinite elements has non-finite statistics, as IEEE arithmetic gives them, and ``nonfinite``
says how many there are; nothing is dropped.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from resgrad.common.cells import Cell
from resgrad.common.files import replacing
from resgrad.gradients.recorder import Recording
from resgrad.gradients.statistics import BINS

SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("variant", pa.string()),
        ("depth", pa.int32()),
        ("seed", pa.int64()),
        ("step", pa.int32()),
        ("epoch", pa.int32()),
        ("layer", pa.string()),
        ("kind", pa.string()),
        ("param", pa.string()),
        ("layer_index", pa.int32()),
        ("numel", pa.int32()),
        ("grad_norm", pa.float64()),
        ("grad_mean", pa.float64()),
        ("grad_std", pa.float64()),
        ("grad_max", pa.float64()),
        ("zero_fraction", pa.float64()),
        ("nonfinite", pa.int64()),
        ("weight_norm", pa.float64()),
        ("update_norm", pa.float64()),
        ("log2_hist", pa.list_(pa.int32(), BINS)),
    ]
)


def write_table(path: Path, cell: Cell, recording: Recording) -> None:
    """Write the gradient table of one run."""
    records, tensors = len(recording.steps), len(recording.tensors)
    rows = records * tensors

    def per_record(values: list[int]) -> np.ndarray:
        return np.repeat(values, tensors)

    def per_tensor(name: str) -> list:
        return [getattr(tensor, name) for tensor in recording.tensors] * records

    columns = {
        **{name: [getattr(cell, name)] * rows for name in Cell._fields},
        "step": per_record(recording.steps),
        "epoch": per_record(recording.epochs),
        **{name: per_tensor(name) for name in ("layer", "kind", "param", "layer_index", "numel")},
        **{name: np.concatenate(values) for name, values in recording.columns.items() if name != "log2_hist"},
    }
    histogram = np.concatenate(recording.columns["log2_hist"]).reshape(-1)
    columns["log2_hist"] = pa.FixedSizeListArray.from_arrays(pa.array(histogram), BINS)
    table = pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)
    with replacing(path) as partial:
        pq.write_table(table, partial, compression="zstd")
