"""Assemble the probe's tables from its measurements."""

from typing import Any

import pandas as pd

from resgrad.common.intervals import mean_with_interval
from resgrad.common.tables import Table
from resgrad.gradients.depth_laws import depth_laws, first_to_last
from resgrad.gradients.growth import (
    MEAN_FIELD_LIMIT,
    fitted_norms,
    growth_by_thirds,
    growth_per_layer,
    mean_field_factor,
)
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.probe import tables
from resgrad.probe.config import ProbeConfig
from resgrad.probe.recipes import PROBE, recipe_label
from resgrad.probe.summary import RECIPE, at_middle_depth, outcomes, steadiness, textbook, textbook_growth

LIKE = [*RECIPE, "depth", "variant"]
"""The columns shared by networks that differ only in the seed."""


def network_tables(
    passes: pd.DataFrame, networks: pd.DataFrame, thresholds: VerdictsConfig
) -> dict[Table, pd.DataFrame]:
    """Assemble the tables on gradients from layer to layer, and from depth to depth.

    Args:
        passes: from :func:`~resgrad.gradients.verdicts.signals`, for all networks and seeds.
        networks: from :func:`~resgrad.probe.summary.majority`.
        thresholds: thresholds of the verdicts.
    """
    middle = at_middle_depth(passes)
    cases = textbook(middle)
    batch_norm = cases[cases["case"] == "relu_he_batch"]
    by = ["network", "depth", "variant"]
    fitted = fitted_norms(batch_norm, growth_per_layer(batch_norm, by), by)
    steady = steadiness(passes, thresholds).rename("share").rename_axis("network").reset_index()
    case = cases["case"].reindex(middle.index)
    columns = [column.name for column in tables.SIGNALS.columns if column not in (tables.RECIPE_LABEL, tables.CASE)]
    ratios = first_to_last(passes, [*PROBE, "seed"])
    return {
        tables.NETWORKS: _labelled(networks),
        tables.OUTCOMES: _labelled(outcomes(networks)),
        tables.STEADINESS: steady,
        tables.SIGNALS: _labelled(middle[columns].assign(case=case)),
        tables.GROWTH: _labelled(textbook_growth(passes)),
        tables.THIRDS: growth_by_thirds(batch_norm, by),
        tables.FITTED: fitted,
        tables.RATIOS: _labelled(ratios),
        tables.LAWS: _labelled(depth_laws(ratios, [*RECIPE, "variant"])),
    }


def shortcut_tables(shortcuts: pd.DataFrame) -> dict[Table, pd.DataFrame]:
    """Assemble the tables on shortcuts.

    Args:
        shortcuts: rows from :func:`~resgrad.probe.shortcuts.probe_shortcut`.
    """
    laws = depth_laws(shortcuts, ["network", "shortcut", "measure"])
    return {tables.SHORTCUTS: shortcuts, tables.SHORTCUT_LAWS: laws}


def feature_tables(features: pd.DataFrame, passes: pd.DataFrame) -> dict[Table, pd.DataFrame]:
    """Assemble the tables on the differences between inputs, beside the growth of the gradient.

    Args:
        features: rows from :func:`~resgrad.probe.features.probe_features`, for networks of the middle depth.
        passes: as in :func:`network_tables`.
    """
    last = features[features["position"] == features.groupby([*LIKE, "seed"])["position"].transform("max")]
    table = growth_per_layer(at_middle_depth(passes), LIKE)
    for measure in ("cosine", "effective_rank"):
        names = {"mean": measure, "low": f"{measure}_low", "high": f"{measure}_high"}
        of_measure = mean_with_interval(last, LIKE, measure).drop(columns="n").rename(columns=names)
        table = table.merge(of_measure, on=LIKE)
    return {tables.FEATURES: _labelled(features), tables.GEOMETRY: _labelled(table)}


def about(config: ProbeConfig, thresholds: VerdictsConfig, networks: int) -> dict[str, Any]:
    """Return what the tables are about, in single numbers."""
    return {
        **thresholds.model_dump(),
        "batch_size": config.batch_size,
        "mean_field_factor": mean_field_factor(config.batch_size),
        "mean_field_limit": MEAN_FIELD_LIMIT,
        "networks": networks,
        "seeds": len(config.seeds),
        "shattering_networks": config.shattering.networks,
    }


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    keys = ("normalization", "activation", "initialization", "gain")
    labels = [recipe_label(*recipe) for recipe in zip(*(frame[key] for key in keys), strict=True)]
    return frame.assign(recipe=labels)
