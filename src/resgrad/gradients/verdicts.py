"""Whether gradients vanish, survive or explode: one definition for probed and for trained networks.

The measure is the *signal* of every weight layer l on the main path, including the head::

    signal(l) = |gradient of weight l| / |weight l| / |gradient of the head's bias|        (L2 norms)

The relative gradient, |gradient| / |weight|, is the relative change of a layer in a step of SGD, per unit of learning
rate. The gradient of the head's bias is the mean of softmax - one-hot: the error at the output, before backpropagation.
Because a signal is divided by it, it does not fall merely because the loss has been fitted.
"""

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from resgrad.common.config import Section
from resgrad.gradients.growth import hidden_layers
from resgrad.gradients.recorder import WEIGHT_LAYERS

VERDICTS = ("vanishing", "healthy", "exploding")


class VerdictsConfig(Section):
    """The section ``verdicts``; params.yaml explains each key."""

    vanishing_log10: Annotated[float, Field(lt=0)]
    exploding_log10: Annotated[float, Field(gt=0)]


def signals(table: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """Compute the signal of every weight layer.

    Args:
        table: rows of a gradient table or of the probe's: layer, kind, param, layer_index, numel, grad_norm,
            weight_norm.
        of: its columns that identify one backward pass, e.g. variant, depth, seed and step.

    Returns:
        a row per backward pass and layer, in the order of the table: ``of``, layer, position (of the layer among the
        weight layers, from 1 at the input), numel, log10_norm (of the gradient), log10_signal. Both are -inf where a
        gradient is exactly 0, since float32 has nothing below 1.4e-45, and +inf where one is not finite. Layers whose
        weights are all 0 are left out, because a relative change is then undefined, and so are passes whose error at
        the output is exactly 0, because there is nothing to propagate back.
    """
    heads = table[(table["layer"] == "head") & (table["param"] == "bias")]
    weights = table[table["kind"].isin(WEIGHT_LAYERS) & (table["param"] == "weight")]
    rows = weights.merge(heads[[*of, "grad_norm"]], on=of, suffixes=("", "_head"))
    rows["position"] = rows.groupby(of)["layer_index"].rank(method="dense").astype(int)
    rows = rows[(rows["weight_norm"] != 0) & (rows["grad_norm_head"] != 0)].reset_index(drop=True)
    norms = rows[["grad_norm", "weight_norm", "grad_norm_head"]]
    with np.errstate(divide="ignore", invalid="ignore"):
        gradient, weight, head = np.log10(norms.to_numpy()).T
    finite = np.isfinite(norms).all(axis=1)
    return rows[[*of, "layer", "position", "numel"]].assign(
        log10_norm=np.where(finite, gradient, np.inf), log10_signal=np.where(finite, gradient - weight - head, np.inf)
    )


def judge(signals: pd.DataFrame, of: list[str], config: VerdictsConfig) -> pd.DataFrame:
    """Give a verdict on every backward pass.

    Vanishing: the smallest signal of a layer is below the lower threshold. Exploding: the largest is above the upper.
    Where both hold, the larger excess decides; a non-finite signal counts as the largest excess.

    Args:
        signals: from :func:`signals`.
        of: the columns that identify one backward pass.
        config: the thresholds.

    Returns:
        a row per backward pass, in the order of the signals: ``of``, lowest, highest (log10 of the smallest and the
        largest signal), verdict.
    """
    groups = signals.groupby(of, sort=False)["log10_signal"]
    ends = groups.agg(lowest="min", highest="max").reset_index()
    below = config.vanishing_log10 - ends["lowest"]
    above = ends["highest"] - config.exploding_log10
    exploding = (above > 0) & (above >= below)
    vanishing = (below > 0) & ~exploding
    return ends.assign(verdict=np.select([exploding, vanishing], ["exploding", "vanishing"], "healthy"))


def hidden_signals(signals: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """Return the smallest and the largest signal of the hidden layers: all but the first and the last.

    Their distance compares layers with each other: a factor on all initial weights or on the whole loss, the shape of
    the input and the number of classes change all layers alike, or only the first and the last.

    Args:
        signals: from :func:`signals`.
        of: the columns that identify one backward pass.

    Returns:
        a row per backward pass that has hidden layers: ``of``, lowest, highest (log10).
    """
    hidden = signals[hidden_layers(signals, of)]
    return hidden.groupby(of, sort=False)["log10_signal"].agg(lowest="min", highest="max").reset_index()
