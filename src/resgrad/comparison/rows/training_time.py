"""What a step costs, on no particular machine: floating-point operations and memory, per image.

Operations are those of convolutions and matrix products in one forward and one backward pass, a multiplication and an
addition counted apart. Memory is what automatic differentiation keeps of the forward pass until the backward pass; it
grows with the batch, and decides how large a batch fits. Both follow from the network alone: twins whose shortcuts are
free have exactly the same, whatever the seed. Operations to target are the product of this row and of training
efficiency (epochs to target x training images x operations per image), so where twins cost the same they say nothing
beyond that row, and decide nothing here. Published is log10: the mean of logarithms is a geometric mean, a difference a
ratio. What it cannot see: normalisation, activation and the addition of shortcuts, whose time goes into moving memory,
and whatever a machine makes of all this; wall-clock times stand on their own page. Primary: operations per image.
"""

import numpy as np
import pandas as pd

from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.results.runs import RUN


def measure(evidence: Evidence) -> pd.DataFrame:
    """Compute the cost of a step of each run, and of all its steps to the target.

    Returns:
        a row per run: variant, depth, seed, flops_per_image_log10, activation_kib_per_image, flops_to_target_log10.
    """
    costs = pd.DataFrame(
        [
            {
                **{name: getattr(run.cell, name) for name in RUN},
                "flops_per_image_log10": np.log10(run.flops_per_image),
                "activation_kib_per_image": run.activation_bytes_per_image / 1024,
            }
            for run in evidence.runs
        ]
    )
    images = costs.merge(evidence.times, on=RUN)["epochs_to_target"] * evidence.training_images
    return costs.assign(flops_to_target_log10=costs["flops_per_image_log10"] + np.log10(images))


_COST, _MEMORY, _TO_TARGET = (
    Panel(
        "by_depth",
        column="flops_per_image_log10",
        title="Operations: lower is better",
        label="FLOPs per image and step",
        scale="powers of ten",
    ),
    Panel(
        "by_depth",
        column="activation_kib_per_image",
        title="Memory: lower is better",
        label="activations kept per image (KiB)",
        scale="from zero",
    ),
    Panel(
        "by_depth",
        column="flops_to_target_log10",
        title="Operations to target: lower is better",
        label="FLOPs to {target:.0%} validation accuracy",
        scale="powers of ten",
        hollow=("reached_target", 0),
    ),
)

ROW = Row(
    place=4,
    title="training time",
    measures=(
        Measure("flops_per_image_log10", "log10 FLOPs per image and step", "lower", ".2f"),
        Measure("activation_kib_per_image", "memory of activations per image (KiB)", "lower", ".0f"),
        Measure("flops_to_target_log10", "log10 FLOPs to target", "lower", ".2f", published=True),
    ),
    measure=measure,
    definition=__doc__,
    overview=_TO_TARGET,
    heading="Training time",
    panels=(_COST, _MEMORY, _TO_TARGET),
    figure="training time",
    key="dots: runs · lines: means over seeds (geometric of FLOPs) · "
    "hollow: never reached the target, counted with the whole budget",
)
