"""The share of runs that have reached the target, step by step."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from resgrad.report.comparison.panels import Panel
from resgrad.report.style import COLOURS

ALL_DEPTHS = False


def split(_panel: Panel, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Show every depth in a panel of its own."""
    return [(f"depth {depth}", part) for depth, part in table.groupby("depth", sort=True)]


def draw(axes: Axes, panel: Panel, part: pd.DataFrame, whole: pd.DataFrame) -> None:
    """Draw the curves of one depth, up to the last step of the longest run."""
    budget = whole["step"].max()
    for variant, curve in part.groupby("variant", sort=True):
        steps = np.append(curve["step"], budget)
        share = np.append(curve["share"], curve["share"].iloc[-1])
        colour = COLOURS[str(variant)]
        axes.step(steps, share, where="post", color=colour, label=variant)
        if share[-1] < 1:
            axes.plot(budget, share[-1], "|", color=colour, markersize=14, markeredgewidth=2)
    axes.set(xlabel="step", ylabel=panel.label, ylim=(-0.03, 1.03))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
