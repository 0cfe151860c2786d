"""The validation accuracy by learning rate, which shows how little the rate matters."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from resgrad.report.comparison.panels import Panel
from resgrad.report.room import count_text
from resgrad.report.style import COLOURS

ALL_DEPTHS = False

TARGET = "#444444"
"""Colour of the target's line, different from the variants'."""


def split(panel: Panel, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Show everything in one panel: all networks have the same depth."""
    return [(panel.title, table)]


def draw(axes: Axes, panel: Panel, part: pd.DataFrame, _whole: pd.DataFrame) -> None:
    """Draw a line per variant through the means over seeds, and the target."""
    for variant, rows in part.groupby("variant", sort=True):
        colour = COLOURS[str(variant)]
        # Small dots, because a line of one point would be invisible.
        axes.plot(rows["rate"], rows["accuracy"], label=variant, color=colour, marker=".", markersize=6)
        axes.fill_between(
            rows["rate"], rows["accuracy_min"], rows["accuracy_max"], color=colour, alpha=0.15, linewidth=0
        )
    axes.axhline(part["target"].iloc[0], label="target", color=TARGET, linestyle=":", linewidth=1.2)
    networks = f"depth {part['depth'].iloc[0]}, {count_text(part['n'].iloc[0])}"
    axes.set(xscale="log", xlabel=f"peak learning rate ({networks})", ylabel=panel.label, ylim=(-0.03, 1.03))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
