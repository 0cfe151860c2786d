"""From the verdicts on probed networks to statements about a recipe."""

import math
from typing import Any

import pandas as pd

from resgrad.common.frames import records
from resgrad.gradients.growth import growth_per_layer
from resgrad.gradients.verdicts import VerdictsConfig, judge
from resgrad.probe.recipes import PROBE, Recipe

TEXTBOOK = {
    ("sigmoid", "xavier", 1.0, "none"): "sigmoid_xavier",
    ("tanh", "normal", 0.5, "none"): "tanh_small",
    ("tanh", "normal", 2.0, "none"): "tanh_large",
    ("tanh", "orthogonal", 1.0, "none"): "tanh_orthogonal",
    ("relu", "normal", 0.5, "none"): "relu_small",
    ("relu", "normal", 2.0, "none"): "relu_large",
    ("relu", "he", 1.0, "none"): "relu_he",
    ("relu", "he", 1.0, "batch"): "relu_he_batch",
    ("relu", "he", 1.0, "group"): "relu_he_group",
    ("relu", "he", 1.0, "layer"): "relu_he_layer",
}
"""Recipes that theory makes predictions for, by activation, initialization, gain and normalization: their metric names.

In plain networks of saturating units gradients vanish (Hochreiter 1991; Bengio et al. 1994; Glorot and Bengio 2010).
Without normalisation, they vanish below a critical scale of the weights and explode above it (Schoenholz et al. 2017).
At the critical scale (He et al. 2015 for ReLU, Saxe et al. 2014 for orthogonal weights) they survive, with ReLU as long
as depth is not much larger than width (Hanin 2018). With batch normalisation they explode at any scale (Yang et al.
2019).
"""

RECIPE = list(Recipe._fields)
FROM_THE_WORST = ["exploding", "vanishing", "healthy"]


def majority(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Combine the verdicts of the seeds.

    Args:
        verdicts: from :func:`~resgrad.gradients.verdicts.judge`, one per network and seed.

    Returns:
        a row per probed network, in the order of the verdicts: ``PROBE``; verdict: the most frequent one, or the worst
        of equally frequent ones, with exploding worse than vanishing; n (seeds); agreeing (seeds with that verdict).
    """
    each = pd.get_dummies(verdicts["verdict"]).reindex(columns=FROM_THE_WORST, fill_value=False)
    counts = each.groupby([verdicts[key] for key in PROBE], sort=False).sum()
    united = {"verdict": counts.idxmax(axis=1), "n": counts.sum(axis=1), "agreeing": counts.max(axis=1)}
    return pd.DataFrame(united).reset_index()


def outcomes(networks: pd.DataFrame) -> pd.DataFrame:
    """Find the smallest probed depth at which a recipe is not healthy.

    Args:
        networks: from :func:`majority`.

    Returns:
        a row per recipe and variant, in the order of the networks: the keys, that depth and its verdict; the greatest
        probed depth and healthy, if it is healthy at all of them.
    """
    keys = [*RECIPE, "variant"]
    ordered = networks.sort_values("depth", kind="stable")
    failing = ordered[ordered["verdict"] != "healthy"].drop_duplicates(keys)
    deepest = ordered.drop_duplicates(keys, keep="last")
    found = pd.concat([failing, deepest]).drop_duplicates(keys)
    return networks[keys].drop_duplicates().merge(found[[*keys, "depth", "verdict"]], on=keys)


def steadiness(signals: pd.DataFrame, config: VerdictsConfig) -> pd.Series:
    """Measure how far the verdicts depend on the thresholds.

    Args:
        signals: from :func:`~resgrad.gradients.verdicts.signals`, for all networks and seeds.
        config: the thresholds.

    Returns:
        by kind of network, the share of networks whose verdict stays the same when either threshold moves by one
        decade in either direction.
    """
    networks = _majority_at(signals, config)
    steady = pd.Series(data=True, index=networks.index)
    for key, value in config.model_dump().items():
        for moved in (value - 1, value + 1):
            steady &= _majority_at(signals, config.model_copy(update={key: moved}))["verdict"] == networks["verdict"]
    return steady.groupby(networks["network"], sort=False).mean()


def middle_depth(networks: pd.DataFrame) -> pd.Series:
    """Return, by kind of network, the middle one of its probed depths, where recipes differ most."""
    return networks.groupby("network", sort=False)["depth"].agg(
        lambda depths: sorted(set(depths))[depths.nunique() // 2]
    )


def at_middle_depth(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of every kind's :func:`middle_depth`."""
    return frame[frame["depth"] == frame["network"].map(middle_depth(frame))]


def textbook(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the recipes in :data:`TEXTBOOK`, with their names in a column ``case``."""
    case = pd.Series(list(zip(*(frame[name] for name in RECIPE[1:]), strict=True)), index=frame.index).map(TEXTBOOK)
    return frame.assign(case=case)[case.notna()]


def probe_metrics(
    signals: pd.DataFrame,
    networks: pd.DataFrame,
    laws: pd.DataFrame,
    neighbours: pd.DataFrame,
    config: VerdictsConfig,
) -> dict[str, Any]:
    """Select the metrics of the probe that are compared between commits.

    Args:
        signals: from :func:`~resgrad.gradients.verdicts.signals`, for all networks and seeds.
        networks: from :func:`majority`.
        laws: their laws, from :func:`~resgrad.gradients.depth_laws.depth_laws`.
        neighbours: mean correlation of the gradients at neighbouring inputs: variant, depth, mean.
        config: the thresholds.

    Returns:
        kind of network -> ``healthy_share`` -> variant -> share of all recipes and depths; ``steady_share`` (see
        :func:`steadiness`); for ReLU, he and batch normalisation ``batch_norm_growth_per_layer`` -> variant -> factor
        at the middle depth, if defined (see :func:`~resgrad.gradients.growth.growth_per_layer`) and growth over depth
        is not a power law, and ``batch_norm_depth_laws`` -> variant -> exponent, power_r2, factor (per layer) and
        exponential_r2, if defined; and ``neighbour_correlation`` -> ``depth-50`` -> variant, at the greatest depth.
    """
    steady = steadiness(signals, config)
    healthy = (networks["verdict"] == "healthy").groupby([networks["network"], networks["variant"]]).mean()
    growth, laws = textbook_growth(signals), textbook(laws)
    laws = laws[laws["case"] == "relu_he_batch"]
    powers = laws[laws["law"] == "power"].set_index(["network", "variant"]).index
    batch_norm = growth[growth["case"] == "relu_he_batch"].dropna(subset="factor").set_index(["network", "variant"])
    batch_norm = batch_norm.drop(powers, errors="ignore")
    deepest = neighbours[neighbours["depth"] == neighbours["depth"].max()]
    kinds = {
        kind: {
            "healthy_share": healthy[kind].to_dict(),
            "steady_share": float(steady[kind]),
            "batch_norm_growth_per_layer": batch_norm["factor"].get(kind, pd.Series(dtype=float)).to_dict(),
            "batch_norm_depth_laws": _fits(laws[laws["network"] == kind]),
        }
        for kind in networks["network"].unique()
    }
    correlation = {f"depth-{deepest['depth'].iloc[0]}": deepest.set_index("variant")["mean"].to_dict()}
    return {**kinds, "neighbour_correlation": correlation}


def textbook_growth(signals: pd.DataFrame) -> pd.DataFrame:
    """Measure the growth per layer of the textbook cases at the middle depth of their kind of network.

    Args:
        signals: as in :func:`probe_metrics`.

    Returns:
        a row per case and variant: ``RECIPE``, case, depth, variant, and the columns of
        :func:`~resgrad.gradients.growth.growth_per_layer`.
    """
    return growth_per_layer(textbook(at_middle_depth(signals)), [*RECIPE, "case", "depth", "variant"])


def _fits(laws: pd.DataFrame) -> dict[str, dict[str, float]]:
    names = ["exponent", "power_r2", "factor", "exponential_r2"]
    fits = laws.assign(factor=10 ** laws["log10_rate"])
    return {row["variant"]: {name: row[name] for name in names if math.isfinite(row[name])} for row in records(fits)}


def _majority_at(signals: pd.DataFrame, config: VerdictsConfig) -> pd.DataFrame:
    return majority(judge(signals, [*PROBE, "seed"], config))
