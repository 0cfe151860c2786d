"""The probe's table: one row per network, seed and parameter tensor."""

import pyarrow as pa

from resgrad.common.tables import Column, Table
from resgrad.gradients.statistics import load
from resgrad.gradients.table import TENSOR
from resgrad.probe.measure import STATISTICS

TABLE = Table(
    "gradients",
    "One row per network of the grid, seed and parameter tensor. Columns that the gradient tables of trainings have "
    "too mean the same there. A gradient with NaN or infinite elements has non-finite statistics, and one that is less "
    "than float32's smallest number, 1.4e-45, is 0.",
    (
        Column("network", pa.string(), "kind of network, as `model.network`"),
        Column("activation", pa.string(), "as `model.activation`"),
        Column("initialization", pa.string(), "as `model.initialization`"),
        Column("gain", pa.float64(), "as `model.gain`"),
        Column("normalization", pa.string(), "as `model.normalization`"),
        Column("depth", pa.int32(), "layers with weights on the longest path"),
        Column("variant", pa.string(), "plain, residual"),
        Column("seed", pa.int64(), "root seed of weights, images and labels"),
        *TENSOR,
        *(statistic.column for statistic in load(STATISTICS)),
        Column(
            "output_std",
            pa.float64(),
            "population standard deviation of what the layer puts out, all images and units together",
        ),
        Column("verdict", pa.string(), "of the network with this seed: vanishing, healthy, exploding"),
    ),
    split_bytes=("grad_norm", "grad_mean", "grad_std", "grad_max"),
)
