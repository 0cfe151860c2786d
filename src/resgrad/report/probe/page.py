"""The page of the probe."""

from typing import NamedTuple

import pandas as pd

from resgrad.common.cells import VARIANTS
from resgrad.common.frames import typed_rows
from resgrad.common.intervals import COVERAGE
from resgrad.report.markdown import interval_text, table_text
from resgrad.report.probe.by_depth import ABOUT_LAWS, ABOUT_SHORTCUTS, laws_table, shortcuts_table
from resgrad.report.probe.geometry import ABOUT_GEOMETRY, geometry_table
from resgrad.report.room import Room

ABOUT_VERDICTS = """\
Depths are the smallest of those probed. The signal of a layer is its gradient, relative to its weights, per unit of \
error at the output. Vanishing: below 10^{vanishing_log10:g} in some layer; exploding: above 10^{exploding_log10:g}; \
the verdict is that of most seeds (n = {seeds}). It stays the same when either threshold moves by a decade either \
way for {steady}."""

ABOUT_GROWTH = """\
Factor by which the L2 norm of the weights' gradient changes from one layer to the one before it, fitted over all \
layers but the first and the last; in brackets {coverage:.0%} intervals over seeds (n = {seeds}). It is 1 where all \
layers have the same gradient, however small or large. Where growth over depth is a power law, no such factor is \
given: it would be another one at another depth. Theory for wide plain fully connected networks with ReLU and batch \
normalisation, and for no others (Yang et al. 2019): {mean_field_factor:.3f} at this batch of {batch_size}, \
{mean_field_limit:.3f} at an infinite one."""

ABOUT_THIRDS = """\
The same for each third of the hidden layers, with ReLU and batch normalisation: does one factor describe the whole \
network?"""

ABOUT_NEIGHBOURS = """\
Correlation of the gradients at neighbouring inputs (Balduzzi et al. 2017), over {shattering_networks} networks; in \
brackets {coverage:.0%} intervals. For comparison, as many sequences of {noises}."""

FACTOR = ["factor", "factor_low", "factor_high"]


class _Outcome(NamedTuple):
    """The columns of the table of outcomes that the page uses."""

    recipe: str
    variant: str
    verdict: str
    depth: int


def to_markdown(room: Room) -> str:
    """Write all parts.

    Args:
        room: the tables of the probe.
    """
    words = {**room.about, "coverage": COVERAGE}
    steady = ", ".join(f"{row.share:.0%} of {row.network} networks" for row in room["steadiness"].itertuples())
    noise = room["noise_autocorrelations"]
    noises = " and ".join(f"{row.noise} noise: {row.mean:.2f}" for row in noise[noise["lag"] == 1].itertuples())
    neighbours = room["autocorrelations"]
    paragraphs = [
        "# Gradients at the initial weights, without training",
        "One batch of {batch_size} noise images, sent forward and back through {networks} networks.".format(**words),
        "## Where recipes fail",
        *(
            text
            for kind, rows in room["outcomes"].groupby("network", sort=False)
            for text in (f"### {kind}", _outcomes(rows))
        ),
        ABOUT_VERDICTS.format(**words, steady=steady),
        "## Growth from layer to layer, towards the input",
        _growth(room["growth"], room["laws"]),
        ABOUT_GROWTH.format(**words),
        *_thirds(room["thirds"]),
        "## Growth from depth to depth",
        laws_table(room["laws"]),
        ABOUT_LAWS.format(**words),
        "## Shortcuts",
        shortcuts_table(room["shortcuts"], room["shortcut_laws"]),
        ABOUT_SHORTCUTS.format(**words),
        "## What is left of the differences between inputs",
        geometry_table(room["geometry"]),
        ABOUT_GEOMETRY.format(**words),
        "## Shattered gradients",
        _neighbours(neighbours[neighbours["lag"] == 1]),
        ABOUT_NEIGHBOURS.format(**words, noises=noises),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _outcomes(outcomes: pd.DataFrame) -> str:
    """Write at which depth each recipe fails, and how, or up to which depth it is healthy."""
    found = {(row.recipe, row.variant): row for row in typed_rows(outcomes, _Outcome)}

    def text(recipe: str, variant: str) -> str:
        outcome = found.get((recipe, variant))
        if outcome is None:
            return "-"
        healthy = outcome.verdict == "healthy"
        return f"healthy up to {outcome.depth}" if healthy else f"{outcome.verdict} at {outcome.depth}"

    recipes = outcomes["recipe"].drop_duplicates()
    return table_text(
        ["recipe", *VARIANTS], [[recipe, *(text(recipe, variant) for variant in VARIANTS)] for recipe in recipes]
    )


def _growth(growth: pd.DataFrame, laws: pd.DataFrame) -> str:
    if growth.empty:
        return "No recipe of this grid has a name in theory."
    keys = ["network", "recipe", "variant"]
    powers = set(laws[laws["law"] == "power"][keys].itertuples(index=False, name=None))
    rows = []
    for (network, depth, _), of_case in growth.groupby(["network", "depth", "case"]):
        recipe = of_case["recipe"].iloc[0]
        factors = of_case.set_index("variant")[FACTOR].reindex(VARIANTS)
        cells = [
            "power law" if (network, recipe, variant) in powers else interval_text(*ends, form=".3f")
            for variant, ends in zip(VARIANTS, factors.to_numpy(), strict=True)
        ]
        rows.append([network, str(depth), recipe, *cells])
    return table_text(["network", "depth", "recipe", *VARIANTS], rows)


def _thirds(thirds: pd.DataFrame) -> list[str]:
    """Write a row per network, if there are any, with a column per third."""
    rows = [
        [str(network), str(depth), str(variant), *(interval_text(*ends, form=".3f") for ends in of[FACTOR].to_numpy())]
        for (network, depth, variant), of in thirds.groupby(["network", "depth", "variant"])
    ]
    headers = ["network", "depth", "variant", "next to the input", "middle", "next to the output"]
    return [table_text(headers, rows), ABOUT_THIRDS] if rows else []


def _neighbours(neighbours: pd.DataFrame) -> str:
    rows = []
    for depth, of_depth in neighbours.groupby("depth", sort=True):
        means = of_depth.set_index("variant")[["mean", "low", "high"]].loc[list(VARIANTS)]
        rows.append([str(depth), *(interval_text(*ends, form="+.2f") for ends in means.to_numpy())])
    return table_text(["depth", *VARIANTS], rows)
