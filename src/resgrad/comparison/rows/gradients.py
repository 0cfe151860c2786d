"""How well gradients reach the layers: at the initial weights (early) and over the last quarter of the steps (late).

The *signal* of a layer is the L2 norm of its gradient relative to that of its weights, per unit of error at the
output. Every recorded step has a verdict, vanishing, healthy or exploding, by its smallest and largest signal and the
thresholds in params.yaml; late, it is a share of the steps. The *spread* is how far the signals of the hidden layers,
all but the first and the last, lie apart, in powers of ten: large where gradients explode or vanish on their way back
to the input (Hochreiter 1991; Glorot and Bengio 2010, section 4.2), whichever of the two. It compares layers with each
other and so does not move with a factor on all weights that normalisation cancels, nor, but for chance, with width or
the size of images. What it cannot see: a level that all layers share. For that stands the *distance* of the layer whose
signal is furthest from 1, in powers of ten; it moves with the initial scale of the weights, even where that changes
nothing that a network does. A signal of 0 counts as float32's smallest number, one that is not finite as its largest.

The *growth* compares layers: the factor from one to the one before it, fitted over all but the ends with an intercept
for every shape; above 1 gradients grow towards the input, below 1 they shrink. The *ratio* is log10 of the gradient's
L2 norm at the first layer over that at the last layer like it: first and last convolution, or first and last hidden
layer where all are fully connected. Part of it is the layers' shapes, not the way between them: it may be below 0
where gradients neither grow nor shrink. Dead layers are those whose gradient is exactly 0. A run that diverged before
the last quarter counts there as exploding, at the largest spread and distance, all its layers as not finite; its growth
and ratio are undefined. Primary: spread at the initial weights, before training can make up for it.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from resgrad.common.columns import DEPTH, LAYER, POSITION, VARIANT, band
from resgrad.common.tables import Column, Table
from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.gradients.growth import log10_per_layer
from resgrad.results.gradient_flow import CEILING, FLOOR, PHASES, RATIO, first_to_last, norms_by_layer, with_phase
from resgrad.results.runs import RUN

NAMES = dict(zip(PHASES, ("early", "late"), strict=True))

AFTER_DIVERGENCE = {
    "signal_spread": CEILING - FLOOR,
    "signal_distance": CEILING,
    "vanishing": 0.0,
    "exploding": 1.0,
    "bad_layers": 1.0,
}
"""Means over a phase that a run did not reach."""

NORMS = Table(
    "norms",
    "a weight layer of a variant, depth and phase of the training",
    (
        VARIANT,
        DEPTH,
        Column("phase", pa.string(), "first step (at the initial weights) or last quarter of the steps"),
        POSITION,
        LAYER,
        *band("log10_norm", "log10 of the L2 norm of the weights' gradient"),
        Column("zeros", pa.int64(), "norms that are exactly 0, over all seeds and recorded steps"),
        Column("nonfinite", pa.int64(), "norms that are not finite, likewise"),
    ),
)


def measure(evidence: Evidence) -> pd.DataFrame:
    """Measure how well gradients reach the layers of each run.

    Returns:
        a row per run: variant, depth, seed and the measures of the row; NaN where undefined.
    """
    norms = evidence.norms
    of_layer = with_phase(norms)
    of_layer["bad_layers"] = ~np.isfinite(of_layer["grad_norm"]) | (of_layer["grad_norm"] == 0)
    of_step = with_phase(evidence.verdicts).rename(columns={"hidden_spread": "signal_spread"})
    of_step["signal_distance"] = of_step[["lowest", "highest"]].clip(FLOOR, CEILING).abs().max(axis=1)
    for verdict in ("vanishing", "exploding"):
        of_step[verdict] = of_step["verdict"] == verdict
    ratios = first_to_last(norms).set_index(RUN)
    growth = log10_per_layer(of_layer, [*RUN, "phase"])
    table = evidence.results[[*RUN, "diverged"]].set_index(RUN)
    for phase, name in NAMES.items():
        table[f"gradient_log10_ratio_{name}"] = ratios[RATIO + phase.replace(" ", "_")]
        slopes = growth[growth["phase"] == phase].set_index(RUN)["log10_per_layer"]
        table[f"gradient_growth_{name}"] = 10 ** slopes.reindex(table.index)
        for measure, lost in AFTER_DIVERGENCE.items():
            rows = of_layer if measure == "bad_layers" else of_step
            seen = rows[rows["phase"] == phase].groupby(RUN)[measure].mean().reindex(table.index)
            table[f"{measure}_{name}"] = seen.mask(seen.isna() & table["diverged"], lost)
    return table.drop(columns="diverged").reset_index()


ROW = Row(
    place=3,
    title="gradient challenges",
    measures=(
        Measure("signal_spread_early", "spread of the signal over hidden layers, early (decades)", "lower", ".2f"),
        Measure("signal_spread_late", "spread of the signal over hidden layers, late (decades)", "lower", ".2f"),
        Measure("signal_distance_early", "worst layer's gradient signal, early (decades from 1)", "lower", ".2f"),
        Measure("signal_distance_late", "worst layer's gradient signal, late (decades from 1)", "lower", ".2f"),
        Measure("gradient_growth_early", "growth of the gradient per layer towards the input, early", None, ".3f"),
        Measure("gradient_growth_late", "growth of the gradient per layer towards the input, late", None, ".3f"),
        Measure("gradient_log10_ratio_early", "log10(first / last gradient), early", None, "+.2f"),
        Measure("gradient_log10_ratio_late", "log10(first / last gradient), late", None, "+.2f"),
        Measure("vanishing_early", "share of runs vanishing, early", "lower", ".2f"),
        Measure("vanishing_late", "share of steps vanishing, late", "lower", ".2f"),
        Measure("exploding_early", "share of runs exploding, early", "lower", ".2f"),
        Measure("exploding_late", "share of steps exploding, late", "lower", ".2f"),
        Measure("bad_layers_early", "share of layers dead or not finite, early", "lower", ".2%"),
        Measure("bad_layers_late", "share of layers dead or not finite, late", "lower", ".2%"),
    ),
    measure=measure,
    definition=__doc__,
    overview=Panel("layers", table="norms", label="L2 norm of the weights' gradient"),
    heading="Gradients at depth {depth}",
    figure="gradients by layer",
    key="lines: geometric means over seeds · bands: smallest to largest · even gradients: a level line",
    tables={NORMS: lambda evidence: norms_by_layer(evidence.norms)},
)
