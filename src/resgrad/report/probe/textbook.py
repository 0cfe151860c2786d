"""The error signal from layer to layer in the cases for which theory makes a prediction."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from resgrad.common.cells import VARIANTS
from resgrad.report.probe.thresholds import Thresholds
from resgrad.report.style import look

# Okabe and Ito's palette, black first, without yellow, which is too pale for a line.
COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7")
FAR = 1e3
"""Replaces infinity: beyond every axis."""


@look
def draw_textbook(title: str, cases: pd.DataFrame, thresholds: Thresholds) -> Figure:
    """Draw plain beside residual; above without normalisation, below with it.

    Args:
        title: names the networks, the images and the number of seeds.
        cases: signals of the textbook recipes, for one kind of network at one depth.
        thresholds: thresholds of the verdicts; the range between them is shaded.
    """
    normalised = cases["normalization"] != "none"
    parts = {"without normalisation": cases[~normalised], "with normalisation": cases[normalised]}
    parts = {name: part for name, part in parts.items() if len(part)}
    figure = Figure(figsize=(11, 0.8 + 3.8 * len(parts)), layout="constrained")
    grid = figure.subplots(len(parts), 2, sharex=True, sharey="row", squeeze=False)
    for row, (name, part) in zip(grid, parts.items(), strict=True):
        recipes = part["recipe"].drop_duplicates()
        colours = dict(zip(recipes, COLOURS, strict=False))
        for axes, variant in zip(row, VARIANTS, strict=True):
            _draw(axes, part[part["variant"] == variant], colours)
            axes.axhspan(*thresholds, color="#009E73", alpha=0.1)
            axes.set_title(f"{variant} network, {name}")
        # Eight times the thresholds is enough to show where a line goes.
        seen = part["log10_signal"].clip(*(8 * limit for limit in thresholds))
        row[0].set_ylim(seen.min() - 1, seen.max() + 1)
        row[0].yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
        row[0].set_ylabel("signal (median over seeds)")
        row[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    for axes in grid[-1]:
        axes.set_xlabel("layer (1: first, last: linear)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.suptitle(title, fontsize=13)
    figure.supxlabel(
        "signal: relative gradient per unit of error at the output · shaded: healthy · bands: smallest to largest over "
        "seeds · lines not seen are beyond the scale, 0 or not finite",
        fontsize=9,
    )
    return figure


def _draw(axes: Axes, cases: pd.DataFrame, colours: Mapping[str, str]) -> None:
    for recipe, colour in colours.items():
        rows = cases[cases["recipe"] == recipe]
        ends = rows.groupby("position")["log10_signal"].agg(["median", "min", "max"]).clip(-FAR, FAR)
        axes.plot(ends.index, ends["median"], color=colour, label=recipe)
        axes.fill_between(ends.index, ends["min"], ends["max"], color=colour, alpha=0.2, linewidth=0)
