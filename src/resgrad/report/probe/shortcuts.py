"""Growth of the gradient over depth for every kind of shortcut."""

from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resgrad.report.probe.laws import log_depth
from resgrad.report.probe.words import shortcut_name
from resgrad.report.style import look

MARKERS = "os^vD<>*dPXph"
TITLES = {
    "weights": "weights: first over last hidden layer",
    "blocks": "error: at the output of the first block over that of the last",
}
# Okabe and Ito's palette without yellow; plain networks are grey.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
GREY = "#777777"


@look
def draw_shortcuts(title: str, ratios: pd.DataFrame) -> Figure:
    """Draw the gradients of weights beside the errors between blocks.

    Args:
        title: names the weights, the images and the number of seeds.
        ratios: the table of shortcuts.
    """
    kinds = ratios[["network", "shortcut"]].drop_duplicates().itertuples(index=False, name=None)
    figure = Figure(figsize=(13, 6), layout="constrained")
    panels = figure.subplots(1, len(TITLES), sharey=True)
    number = 0
    for marker, (network, shortcut) in zip(cycle(MARKERS), kinds, strict=False):
        plain = shortcut == "none"
        colour = GREY if plain else PALETTE[number % len(PALETTE)]
        number += not plain
        of_kind = ratios[(ratios["network"] == network) & (ratios["shortcut"] == shortcut)]
        for axes, measure in zip(panels, TITLES, strict=True):
            rows = of_kind[of_kind["measure"] == measure]
            _draw(axes, rows, shortcut_name(network, shortcut), colour, marker)
    for axes, of_measure in zip(panels, TITLES.values(), strict=True):
        axes.set_title(of_measure)
        log_depth(axes, ratios["depth"].unique())
        axes.set_xlabel("depth (layers with weights)")
    panels[0].set_ylabel("ratio of the gradients' L2 norms")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(title, fontsize=13)
    figure.supxlabel("lines: means over seeds · bars: smallest to largest · both axes are logarithmic", fontsize=9)
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, label: str, colour: str, marker: str) -> None:
    ends = rows.groupby("depth")["log10_ratio"].agg(["mean", "min", "max"])
    errors = [ends["mean"] - ends["min"], ends["max"] - ends["mean"]]
    style = {"color": colour, "marker": marker, "markersize": 6, "linestyle": "--" if colour == GREY else "-"}
    axes.errorbar(ends.index, ends["mean"], errors, label=label, capsize=2, **style)
