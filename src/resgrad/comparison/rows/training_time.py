"""Floating-point operations until the validation accuracy first reaches the target: time on no particular machine.

Epochs to target x training images x the operations of one forward and one backward pass, those of convolutions and
matrix products, a multiplication and an addition counted apart; validation is not counted. Runs that never reach the
target count with the whole budget, as above. Published is log10: the mean of logarithms is a geometric mean, a
difference a ratio. Primary: operations to target.
"""

import numpy as np
import pandas as pd

from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.results.runs import RUN


def measure(evidence: Evidence) -> pd.DataFrame:
    """Count the floating-point operations that each run spends on its way to the target.

    Returns:
        a row per run: variant, depth, seed, flops_to_target_log10, flops_per_image_log10.
    """
    per_image = pd.DataFrame(
        [{**{name: getattr(run.cell, name) for name in RUN}, "flops": run.flops_per_image} for run in evidence.runs]
    )
    costs = per_image.merge(evidence.times, on=RUN)
    images = costs["epochs_to_target"] * evidence.training_images
    return costs[RUN].assign(
        flops_to_target_log10=np.log10(costs["flops"]) + np.log10(images),
        flops_per_image_log10=np.log10(costs["flops"]),
    )


ROW = Row(
    place=4,
    title="training time",
    measures=(
        Measure("flops_to_target_log10", "log10 FLOPs to target", "lower", ".2f"),
        Measure("flops_per_image_log10", "log10 FLOPs per image and step", "lower", ".2f"),
    ),
    measure=measure,
    definition=__doc__,
    overview=Panel(
        "by_depth",
        column="flops_to_target_log10",
        label="FLOPs to {target:.0%} validation accuracy",
        scale="powers of ten",
        hollow=("reached_target", 0),
    ),
    heading="Training time",
    figure="training time",
    key="dots: runs · lines: geometric means over seeds · hollow: never reached, counted with the whole budget",
    width=7,
)
