"""Floating-point operations until the validation accuracy first reaches the target: time on no particular machine.

Epochs to target x training images x the operations of one forward and one backward pass, those of convolutions and
matrix products, a multiplication and an addition counted apart; validation is not counted. Runs that never reach the
target count with the whole budget, as above. Published is log10: the mean of logarithms is a geometric mean, a
difference a ratio. Primary: operations to target.
"""

import numpy as np
import pandas as pd

from resgrad.comparison.rows.row import Measure, Row
from resgrad.results.runs import RUN, Run

ROW = Row(
    "training_time",
    "training time",
    (
        Measure("flops_to_target_log10", "log10 FLOPs to target", "lower", ".2f"),
        Measure("flops_per_image_log10", "log10 FLOPs per image and step", "lower", ".2f"),
    ),
    __doc__,
)


def measure(runs: list[Run], times: pd.DataFrame, training_images: int) -> pd.DataFrame:
    """Count the floating-point operations that each run spends on its way to the target.

    Args:
        runs: of one dataset.
        times: from :func:`~resgrad.comparison.rows.efficiency.measure`.
        training_images: in one epoch.

    Returns:
        a row per run: variant, depth, seed, flops_to_target_log10, flops_per_image_log10.
    """
    per_image = pd.DataFrame(
        [{**{name: getattr(run.cell, name) for name in RUN}, "flops": run.flops_per_image} for run in runs]
    )
    costs = per_image.merge(times, on=RUN)
    images = costs["epochs_to_target"] * training_images
    return costs[RUN].assign(
        flops_to_target_log10=np.log10(costs["flops"]) + np.log10(images),
        flops_per_image_log10=np.log10(costs["flops"]),
    )
