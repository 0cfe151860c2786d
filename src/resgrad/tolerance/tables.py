"""The tables of the tolerance to the learning rate of a dataset's networks."""

import pyarrow as pa

from resgrad.common.columns import DEPTH, RUN, SEED, VARIANT, band
from resgrad.common.tables import Column, Table

RATE = Column("rate", pa.float64(), "peak learning rate")

TRAININGS = Table(
    "trainings",
    "a training at a learning rate; a diverged one guesses, and has the accuracy 1 / classes by definition",
    (
        VARIANT,
        DEPTH,
        RATE,
        SEED,
        Column("accuracy", pa.float64(), "on the validation images, after the last step"),
        Column("best_accuracy", pa.float64(), "the highest after any epoch; NaN where none ended with finite numbers"),
        Column("train_error", pa.float64(), "share of training images that are not recognised after the last step"),
        Column("diverged", pa.bool_(), "whether it left the finite numbers"),
    ),
)

ACCURACY_BY_RATE = Table(
    "accuracy_by_rate",
    "a learning rate of a variant",
    (
        VARIANT,
        DEPTH,
        RATE,
        Column("n", pa.int64(), "trainings, one a seed"),
        *band("accuracy", "on the validation images, after the last step"),
        Column("target", pa.float64(), "validation accuracy at which a network counts as having learnt"),
    ),
)

TOLERANCES = Table(
    "tolerances",
    "a seed of a variant: its trainings at all learning rates taken together",
    (
        *RUN,
        Column("accuracy_over_rates", pa.float64(), "mean validation accuracy over the logarithm of the learning rate"),
        Column("accuracy_at_best_rate", pa.float64(), "validation accuracy at the best of the rates"),
        Column("rates_at_target", pa.float64(), "share of the rates at which the target accuracy is reached"),
        Column("decades_at_target", pa.float64(), "widest range of the rate between whose neighbours all reach it"),
    ),
)
