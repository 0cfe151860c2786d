"""Row 3: the norm of the gradient, layer by layer."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from resgrad.report.comparison.panels import arrange, draw_powers_of_ten, finish
from resgrad.report.style import COLOURS, look

KEY = "lines: geometric means over seeds · bands: smallest to largest · even gradients: a level line"

DASHES = {"first step": "--", "last quarter": "-"}


@look
def draw_gradients(title: str, norms: pd.DataFrame) -> Figure:
    """Draw the norms of every depth.

    Args:
        title: says of which data.
        norms: a row per variant, depth, phase and position: log10_norm, log10_norm_min, log10_norm_max.
    """
    figure, panels = arrange(norms["depth"].nunique())
    for axes, (depth, of_depth) in zip(panels, norms.groupby("depth", sort=True), strict=True):
        draw_norms(axes, of_depth)
        axes.set_title(f"depth {depth}")
    finish(figure, title, KEY)
    return figure


def draw_norms(axes: Axes, norms: pd.DataFrame) -> None:
    """Draw the norms of one depth."""
    for (variant, phase), rows in norms.groupby(["variant", "phase"], sort=True):
        # Small dots, or a line of one point would not be seen.
        style = {"color": COLOURS[variant], "linestyle": DASHES[phase], "marker": ".", "markersize": 4}
        axes.plot(rows["position"], rows["log10_norm"], label=f"{variant}, {phase}", **style)
        low, high = rows["log10_norm_min"], rows["log10_norm_max"]
        axes.fill_between(rows["position"], low, high, color=COLOURS[variant], alpha=0.15, linewidth=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="layer (1: first, last: head)", ylabel="L2 norm of the weights' gradient")
    draw_powers_of_ten(axes)
    phases = [phase for phase in DASHES if phase in set(norms["phase"])]
    handles = [Line2D([], [], color="#444444", linestyle=DASHES[phase], label=phase) for phase in phases]
    axes.legend(handles=handles, title="gradient at")
