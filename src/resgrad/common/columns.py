"""Columns shared by many tables, with one meaning everywhere."""

import pyarrow as pa

from resgrad.common.tables import Column

VARIANT = Column("variant", pa.string(), "plain or residual")
DEPTH = Column("depth", pa.int64(), "layers with weights on the longest path")
SEED = Column("seed", pa.int64(), "root seed of the run")
RUN = (VARIANT, DEPTH, SEED)
STEP = Column("step", pa.int64(), "optimiser steps taken before; 0 is at the initial weights")
LAYER = Column("layer", pa.string(), "the module's name in the network, e.g. stage2.0.conv1")
POSITION = Column("position", pa.int64(), "place of the layer on the main path, from 1 at the input")


def spread(quantity: str, unit: str = "") -> tuple[Column, ...]:
    """Return the columns n, mean and sd of a quantity over seeds."""
    return (
        Column("n", pa.int64(), f"values of {quantity}"),
        Column("mean", pa.float64(), f"mean of {quantity}", unit),
        Column("sd", pa.float64(), "standard deviation, n - 1 in the denominator; NaN at n < 2", unit),
    )


def band(name: str, meaning: str, unit: str = "") -> tuple[Column, ...]:
    """Return the columns of a mean over seeds, and of the smallest and the largest value."""
    return (
        Column(name, pa.float64(), f"{meaning}, mean over seeds", unit),
        Column(f"{name}_min", pa.float64(), "its smallest value over seeds", unit),
        Column(f"{name}_max", pa.float64(), "its largest value over seeds", unit),
    )
