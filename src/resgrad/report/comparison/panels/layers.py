"""The norm of the gradient, layer by layer, at the first step and over the last quarter."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import LineStyleType

from resgrad.report.comparison.panels import Panel
from resgrad.report.comparison.powers import draw_powers_of_ten
from resgrad.report.style import COLOURS

ALL_DEPTHS = False

DASHES: dict[str, LineStyleType] = {"first step": "--", "last quarter": "-"}


def split(_panel: Panel, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Show every depth in a panel of its own."""
    return [(f"depth {depth}", part) for depth, part in table.groupby("depth", sort=True)]


def draw(axes: Axes, panel: Panel, part: pd.DataFrame, _whole: pd.DataFrame) -> None:
    """Draw the norms of one depth."""
    for (variant, phase), rows in part.groupby(["variant", "phase"], sort=True):
        colour = COLOURS[str(variant)]
        axes.plot(
            rows["position"],
            rows["log10_norm"],
            label=f"{variant}, {phase}",
            color=colour,
            linestyle=DASHES[str(phase)],
            marker=".",  # small dots, because a line of one point would be invisible
            markersize=4,
        )
        low, high = rows["log10_norm_min"], rows["log10_norm_max"]
        axes.fill_between(rows["position"], low, high, color=colour, alpha=0.15, linewidth=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="layer (1: first, last: head)", ylabel=panel.label)
    draw_powers_of_ten(axes)
    phases = [phase for phase in DASHES if phase in set(part["phase"])]
    handles = [Line2D([], [], color="#444444", linestyle=DASHES[phase], label=phase) for phase in phases]
    axes.legend(handles=handles, title="gradient at")
