"""The probe as a page for people."""

import pandas as pd

from resgrad.common.cells import VARIANTS
from resgrad.common.intervals import COVERAGE
from resgrad.gradients.growth import MEAN_FIELD_LIMIT, mean_field_factor
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.probe.config import ProbeConfig
from resgrad.probe.recipes import Recipe, recipe_label
from resgrad.probe.summary import RECIPE, failing_depths, steadiness, textbook_growth
from resgrad.report.markdown import interval_text, table_text

ABOUT_VERDICTS = """\
Depths are the smallest of those probed. The signal of a layer is its gradient, relative to its weights, per unit of \
error at the output. Vanishing: below 10^{vanishing_log10:g} in some layer; exploding: above 10^{exploding_log10:g}; \
the verdict is that of most of {seeds} seeds. It stays the same when either threshold moves by a decade either way for \
{steady}."""

ABOUT_GROWTH = """\
Factor by which the L2 norm of the weights' gradient changes from one layer to the one before it, fitted over all \
layers but the first and the last; in brackets {coverage:.0%} intervals over {seeds} seeds. It is 1 where all layers \
have the same gradient, however small or large. Theory for wide plain fully connected networks with ReLU and batch \
normalisation (Yang et al. 2019): {theory:.3f} at this batch of {batch}, {limit:.3f} at an infinite one."""

ABOUT_NEIGHBOURS = """\
Correlation of the gradients at neighbouring inputs (Balduzzi et al. 2017), over {networks} networks; in brackets \
{coverage:.0%} intervals. For comparison, as many sequences of {noises}."""


def to_markdown(
    config: ProbeConfig,
    thresholds: VerdictsConfig,
    *,
    signals: pd.DataFrame,
    networks: pd.DataFrame,
    neighbours: pd.DataFrame,
    noise: pd.DataFrame,
) -> str:
    """Write the three parts.

    Args:
        config: the section ``probe``.
        thresholds: those of the verdicts.
        signals: from :func:`~resgrad.gradients.verdicts.signals`, of all networks and seeds.
        networks: from :func:`~resgrad.probe.summary.majority`.
        neighbours: correlations at lag 1: variant, depth, mean, low, high.
        noise: the same of white and brown noise: noise, mean.
    """
    steady = steadiness(signals, thresholds)
    seeds = len(config.seeds)
    noises = " and ".join(f"{row.noise} noise: {row.mean:.2f}" for row in noise.itertuples())
    paragraphs = [
        "# Gradients at the initial weights, without training",
        f"One batch of {config.batch_size} noise images, sent forward and back through {len(networks)} networks.",
        "## Where recipes fail",
        *(text for kind, rows in networks.groupby("network", sort=False) for text in (f"### {kind}", _failures(rows))),
        ABOUT_VERDICTS.format(
            **thresholds.model_dump(),
            seeds=seeds,
            steady=", ".join(f"{share:.0%} of {kind} networks" for kind, share in steady.items()),
        ),
        "## Growth from layer to layer, towards the input",
        _growth(textbook_growth(signals)),
        ABOUT_GROWTH.format(
            coverage=COVERAGE,
            seeds=seeds,
            theory=mean_field_factor(config.batch_size),
            batch=config.batch_size,
            limit=MEAN_FIELD_LIMIT,
        ),
        "## Shattered gradients",
        _neighbours(neighbours),
        ABOUT_NEIGHBOURS.format(networks=config.shattering.networks, coverage=COVERAGE, noises=noises),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _failures(networks: pd.DataFrame) -> str:
    """Say of every recipe at which depth it fails, and how, or up to which it is healthy."""
    failing = failing_depths(networks).set_index([*RECIPE, "variant"])
    probed = networks.groupby([*RECIPE, "variant"], sort=False)["depth"].max()

    def outcome(recipe: Recipe, variant: str) -> str:
        key = (*recipe, variant)
        if key in failing.index:
            return "{verdict} at {depth}".format(**failing.loc[key])
        return f"healthy up to {probed[key]}" if key in probed.index else "-"

    recipes = networks[RECIPE].drop_duplicates().itertuples(index=False)
    rows = [[_label(recipe), *(outcome(Recipe(*recipe), variant) for variant in VARIANTS)] for recipe in recipes]
    return table_text(["recipe", *VARIANTS], rows)


def _growth(growth: pd.DataFrame) -> str:
    if growth.empty:
        return "No recipe of this grid has a name in theory."
    rows = []
    for (network, depth, _), of_case in growth.groupby(["network", "depth", "case"]):
        factors = of_case.set_index("variant")[["factor", "factor_low", "factor_high"]].reindex(VARIANTS)
        cells = [interval_text(*factors.loc[variant], ".3f") for variant in VARIANTS]
        rows.append([network, str(depth), _label(next(of_case[RECIPE].itertuples(index=False))), *cells])
    return table_text(["network", "depth", "recipe", *VARIANTS], rows)


def _neighbours(neighbours: pd.DataFrame) -> str:
    rows = []
    for depth, of_depth in neighbours.groupby("depth", sort=True):
        ends = of_depth.set_index("variant")[["mean", "low", "high"]]
        rows.append([str(depth), *(interval_text(*ends.loc[variant], "+.2f") for variant in VARIANTS)])
    return table_text(["depth", *VARIANTS], rows)


def _label(recipe: tuple) -> str:
    _, activation, initialization, gain, normalization = recipe
    return recipe_label(normalization, activation, initialization, gain)
