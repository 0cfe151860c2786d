"""How fast gradients grow or shrink from layer to layer in the backward pass, as one number."""

import math

import numpy as np
import pandas as pd

from resgrad.common.intervals import mean_with_interval

MEAN_FIELD_LIMIT = math.sqrt(math.pi / (math.pi - 1))
"""1.211: the limit of :func:`mean_field_factor` for an infinite batch."""


def mean_field_factor(batch_size: int) -> float:
    """Return the theoretical factor per layer for plain ReLU networks with batch normalisation.

    Yang, Pennington, Rao, Sohl-Dickstein and Schoenholz 2019 (A mean field theory of batch normalization), theorem
    3.10, gives the growth rate of the *squared* norm; this is its square root. It holds at random initial weights of
    any scale, for fully connected networks of infinite width, far from both ends: where the covariance within the batch
    no longer changes from layer to layer, and the gradient no longer depends on the kind of loss. The gradients of
    weights and of activations share the rate. It falls with the batch size, to :data:`MEAN_FIELD_LIMIT`.

    Args:
        batch_size: B, greater than 3.
    """
    cosine = -1 / (batch_size - 1)
    angle = math.pi - math.acos(cosine)
    kernel = (math.sqrt(1 - cosine**2) + angle * cosine) / math.pi  # arc-cosine kernel of degree 1
    derivative = angle / math.pi
    squared = ((batch_size - 1 + derivative) / (1 - kernel) - 1) / (batch_size - 3)
    return math.sqrt(squared)


def growth_per_layer(norms: pd.DataFrame, by: list[str], parts: tuple[str, ...] = ()) -> pd.DataFrame:
    """Measure the factor by which the gradient's norm changes from a layer to the preceding one, over seeds.

    Args:
        norms: a row per layer: seed, position (1 at the input), numel, log10_norm and the columns of ``by``.
        by: the columns that identify a group of networks that differ only in the seed: variant, depth, ...
        parts: as in :func:`log10_per_layer`.

    Returns:
        a row per group and part, sorted: the keys, n (networks with a slope), log10_per_layer (minus the slope:
        positive where gradients explode towards the input, negative where they vanish), low and high (see
        :func:`~resgrad.common.intervals.mean_with_interval`), and the same as factors: factor, factor_low, factor_high.
    """
    growth = mean_with_interval(log10_per_layer(norms, [*by, "seed"], parts), [*by, *parts], "log10_per_layer")
    growth = growth.rename(columns={"mean": "log10_per_layer"})
    factors = {"factor": "log10_per_layer", "factor_low": "low", "factor_high": "high"}
    return growth.assign(**{name: 10 ** growth[log10] for name, log10 in factors.items()})


def growth_by_thirds(norms: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Measure :func:`growth_per_layer` in each third of the hidden layers, to see whether the factor changes.

    Returns:
        the same table, with a column third, from 1 at the input.
    """
    ends = norms.groupby([*by, "seed"])["position"]
    first, hidden = ends.transform("min") + 1, (ends.transform("max") - ends.transform("min") - 1).clip(lower=1)
    third = (1 + 3 * (norms["position"] - first) // hidden).clip(1, 3)
    return growth_per_layer(norms.assign(third=third), by, ("third",))


def log10_per_layer(norms: pd.DataFrame, network: list[str], parts: tuple[str, ...] = ()) -> pd.DataFrame:
    """Fit the growth of every network's gradient towards the input.

    Least squares of the norm's logarithm on the position: one slope, and an intercept for every shape of layer, since
    the norm of a whole tensor depends on its number of elements. The first and the last layer and non-finite norms are
    left out. A network has a slope if a degree of freedom is left: three layers of one shape, four of two. Rows of
    several steps are pooled.

    Args:
        norms: a row per layer: position (1 at the input), numel, log10_norm and the columns of ``network``.
        network: the columns that identify a network.
        parts: the columns that identify a part of a network, each part with its own slope.

    Returns:
        a row per network and part, sorted: the keys, log10_per_layer (minus the slope; NaN where there is none).
    """
    rows, keys = _centred(norms, network, parts), [*network, *parts]
    layers = rows.dropna(subset="x").groupby(keys).agg(layers=("position", "nunique"), shapes=("numel", "nunique"))
    sums = rows.assign(xx=rows["x"] ** 2, xy=rows["x"] * rows["y"]).groupby(keys)[["xx", "xy"]].sum().join(layers)
    has_slope = sums["layers"] - sums["shapes"] > 1
    return (-sums["xy"] / sums["xx"]).where(has_slope).rename("log10_per_layer").reset_index()


def fitted_norms(norms: pd.DataFrame, growth: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Put the lines that :func:`growth_per_layer` fitted beside the means of the norms.

    Args:
        norms: as for that function.
        growth: what it returned.
        by: as for that function.

    Returns:
        a row per group and position: the keys, position, numel, log10_norm (mean over seeds and steps) and fitted
        (NaN at the first and the last layer).
    """
    rows = _centred(norms, [*by, "seed"])
    rows["level"] = rows["log10_norm"] - rows["y"]
    means = rows.groupby([*by, "position", "numel"], sort=True)[["log10_norm", "x", "level"]].mean().reset_index()
    slope = -means.merge(growth, on=by, how="left")["log10_per_layer"]
    return means.assign(fitted=means["level"] + slope * means["x"]).drop(columns=["x", "level"])


def hidden_layers(norms: pd.DataFrame, network: list[str]) -> pd.Series:
    """Say for every row whether its layer is neither the first nor the last of its network.

    Args:
        norms: a row per layer: position and the columns of ``network``.
        network: the columns that identify a network.
    """
    position = norms.groupby(network)["position"]
    return (norms["position"] > position.transform("min")) & (norms["position"] < position.transform("max"))


def _centred(norms: pd.DataFrame, network: list[str], parts: tuple[str, ...] = ()) -> pd.DataFrame:
    """Add x and y: position and logarithm minus their means over the layers of the same shape, network and part.

    Both are NaN in rows that are not part of the fit.
    """
    taken = hidden_layers(norms, network) & np.isfinite(norms["log10_norm"])
    fit = norms[["position", "log10_norm"]].where(taken)
    means = fit.groupby([norms[key] for key in (*network, *parts, "numel")]).transform("mean")
    return norms.assign(x=fit["position"] - means["position"], y=fit["log10_norm"] - means["log10_norm"])
