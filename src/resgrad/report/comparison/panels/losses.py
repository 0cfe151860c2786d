"""The loss of the training batches about its trend."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from resgrad.report.comparison.panels import Panel
from resgrad.report.style import COLOURS

ALL_DEPTHS = False


def split(_panel: Panel, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Show every variant and depth in a panel of its own."""
    groups = table.groupby(["depth", "variant"], sort=True)
    return [(f"depth {depth}, {variant}", part) for (depth, variant), part in groups]


def draw(axes: Axes, panel: Panel, part: pd.DataFrame, _whole: pd.DataFrame) -> None:
    """Draw the runs of one depth."""
    for (variant, _), run in part.groupby(["variant", "seed"], sort=True):
        colour = COLOURS[str(variant)]
        axes.plot(run["step"], run["loss"], color=colour, alpha=0.3, linewidth=0.7)
        axes.plot(run["step"], run["trend"], color=colour, linewidth=1.6)
        spikes = run[run["spike"]]
        axes.plot(spikes["step"], spikes["loss"], "x", color="#000000", markersize=6)
    axes.set(xlabel="step", ylabel=panel.label, yscale="log", xlim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def limits(whole: pd.DataFrame) -> tuple[float, float]:
    """Return one scale for all panels."""
    return whole["loss"].min() / 2, whole["loss"].max() * 2
