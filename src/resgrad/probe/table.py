"""The probe's table: one row per network, seed and parameter tensor.

================  ========  ==================================================================================
column            type      meaning
================  ========  ==================================================================================
network           string    kind of network, as ``model.network``
activation        string    as ``model.activation``
initialization    string    as ``model.initialization``
gain              double    as ``model.gain``
normalization     string    as ``model.normalization``
depth             int32     layers with weights on the longest path
variant           string    plain, residual
seed              int64     root seed of weights, images and labels
layer             string    the module's name in the network, e.g. ``blocks.2.linear1``
kind              string    conv, linear, norm, activation, shortcut
param             string    weight, bias, or another name of a parameter
layer_index       int32     place of the layer in the forward pass, from 0
numel             int32     elements of the tensor
grad_norm         double    L2 norm of the gradient of the mean cross-entropy
grad_mean         double    its mean
grad_std          double    its population standard deviation
grad_max          double    its largest magnitude
zero_fraction     double    share of elements that are exactly zero, in [0, 1]
nonfinite         int64     count of NaN and infinite elements
weight_norm       double    L2 norm of the parameter
response_std      double    population standard deviation of what the layer puts out, all images and units together
verdict           string    of the network with this seed: vanishing, healthy, exploding
================  ========  ==================================================================================

Columns that the gradient tables of trainings have too mean the same there. ``log2_hist`` is not among these: it would
be most of the file. A gradient with NaN or infinite elements has non-finite statistics, and one that is less than
float32's smallest number, 1.4e-45, is 0.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from resgrad.common.files import replacing

SCHEMA = pa.schema(
    [
        ("network", pa.string()),
        ("activation", pa.string()),
        ("initialization", pa.string()),
        ("gain", pa.float64()),
        ("normalization", pa.string()),
        ("depth", pa.int32()),
        ("variant", pa.string()),
        ("seed", pa.int64()),
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
        ("response_std", pa.float64()),
        ("verdict", pa.string()),
    ]
)


_NEVER_THE_SAME = ["grad_norm", "grad_mean", "grad_std", "grad_max"]


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write the table of all probed networks."""
    table = pa.table({name: frame[name].to_numpy() for name in SCHEMA.names}, schema=SCHEMA)
    with replacing(path) as partial:
        pq.write_table(
            table,
            partial,
            compression="zstd",
            # Numbers that do not repeat fill a dictionary in vain; split into their bytes they shrink by a fifth.
            use_dictionary=[name for name in SCHEMA.names if name not in _NEVER_THE_SAME],
            use_byte_stream_split=_NEVER_THE_SAME,
        )
