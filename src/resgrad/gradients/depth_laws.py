"""How gradients grow with the depth of a network: exponentially, or as a power of it.

The measure is the ratio of the gradient's L2 norm at the first hidden weight layer to that at the last one, in networks
that differ only in depth. If gradients change by the same factor at every layer, the ratio is exponential in depth;
theory predicts this for plain networks with batch normalisation (Yang et al. 2019). With identity shortcuts it predicts
slower growth, often a power of depth (Yang and Schoenholz 2017, without normalisation; with batch normalisation the
variance on the shortcut path grows in proportion to depth, so that the l-th block adds a share of about 1/l: De and
Smith 2020). A factor per layer then depends on the depth at which it is measured.
"""

import math

import numpy as np
import pandas as pd

from resgrad.common.intervals import mean_with_interval
from resgrad.gradients.growth import hidden_layers

LAWS = {"exponential": "log10_rate", "power": "exponent"}
"""Name of the slope, by law: of log10 of the ratio against depth, or against log10 of depth."""

LEAST_DEPTHS = 4
"""A line has two free parameters: it fits any two depths exactly, and three nearly so."""

LEAST_R2 = 0.95
"""Share of the variance that a law must explain to hold."""

LEAST_CHANGE = 0.5
"""log10 of the factor, about 3, by which the ratio must differ between depths for there to be a law."""


def first_to_last(norms: pd.DataFrame, network: list[str]) -> pd.DataFrame:
    """Compare the gradients at both ends of the hidden layers.

    Args:
        norms: a row per layer: position (1 at the input), log10_norm and the columns of ``network``.
        network: the columns that identify a network.

    Returns:
        a row per network, in the order of the norms: the keys, log10_ratio (the first hidden layer's norm over the
        last one's; NaN where both are 0 or not finite, infinite where one is). Networks with fewer than two hidden
        layers are left out.
    """
    hidden = norms[hidden_layers(norms, network)].sort_values("position", kind="stable")
    ends = hidden.groupby(network, sort=False)["log10_norm"].agg(["first", "last", "size"])
    ends = ends[ends["size"] > 1]
    with np.errstate(invalid="ignore"):
        ratios = (ends["first"] - ends["last"]).rename("log10_ratio")
    return norms[network].drop_duplicates().merge(ratios.reset_index(), on=network)


def depth_laws(ratios: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Fit both laws by least squares, each with an intercept, and say which one holds.

    Depths at which a ratio is not finite are left out, and so are groups with fewer than :data:`LEAST_DEPTHS` left.

    Args:
        ratios: a row per network: depth, seed, log10_ratio and the columns of ``by``.
        by: the columns that identify a group of networks that differ only in depth and seed.

    Returns:
        a row per group, sorted: the keys; depths, shallowest and deepest (of those fitted); low_ratio and high_ratio
        (log10, means over seeds at these two); for each law its slope (see :data:`LAWS`), a mean over seeds with its
        interval, ``_low`` and ``_high``, and ``<law>_r2``, of the fit to the means over seeds; n (seeds); law:
        exponential or power, whichever explains more, if at least :data:`LEAST_R2`; level where no two depths differ by
        :data:`LEAST_CHANGE`; otherwise neither.
    """
    rows = [{**dict(zip(by, keys, strict=True)), **_fits(of)} for keys, of in _fittable(ratios, by).groupby(by)]
    return pd.DataFrame(rows, columns=[*by, *_COLUMNS])


_SHAPE = ("depths", "shallowest", "deepest", "low_ratio", "high_ratio", "n")
_COLUMNS = [
    *_SHAPE,
    *(name for law, slope in LAWS.items() for name in (slope, f"{slope}_low", f"{slope}_high", f"{law}_r2")),
    "law",
]


def _fittable(ratios: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Keep the depths at which all ratios are finite, in groups with enough of them."""
    finite = ratios.assign(finite=np.isfinite(ratios["log10_ratio"])).groupby([*by, "depth"])["finite"].transform("all")
    kept = ratios[finite]
    return kept[kept.groupby(by)["depth"].transform("nunique") >= LEAST_DEPTHS]


def _fits(ratios: pd.DataFrame) -> dict[str, object]:
    by_seed = ratios.pivot_table("log10_ratio", "depth", "seed")
    means = by_seed.mean(axis=1)
    ends = (len(means), means.index[0], means.index[-1], means.iloc[0], means.iloc[-1], by_seed.shape[1])
    fits: dict[str, object] = dict(zip(_SHAPE, ends, strict=True))
    depths = by_seed.index.to_numpy(float)
    r2 = {}
    for (law, slope), x in zip(LAWS.items(), (depths, np.log10(depths)), strict=True):
        slopes = pd.DataFrame({"all": 0, "slope": [_slope(x, by_seed[seed].to_numpy()) for seed in by_seed]})
        interval = mean_with_interval(slopes, ["all"], "slope").iloc[0]
        r2[law] = _r2(x, means.to_numpy())
        fits |= {slope: interval["mean"], f"{slope}_low": interval["low"], f"{slope}_high": interval["high"]}
        fits[f"{law}_r2"] = r2[law]
    best = max(r2, key=lambda law: r2[law])
    if means.max() - means.min() < LEAST_CHANGE:
        return fits | {"law": "level"}
    return fits | {"law": best if r2[best] >= LEAST_R2 else "neither"}


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    centred = x - x.mean()
    return float((centred * y).sum() / (centred**2).sum())


def _r2(x: np.ndarray, y: np.ndarray) -> float:
    """Return the coefficient of determination of a line; NaN where ``y`` is constant up to rounding."""
    if np.ptp(y) < 1e-9:
        return math.nan
    centred = y - y.mean()
    left = centred - _slope(x, y) * (x - x.mean())
    return float(1 - (left**2).sum() / (centred**2).sum())
