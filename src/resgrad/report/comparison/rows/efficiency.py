"""Row 1: the share of runs that have reached the target, step by step."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from resgrad.report.comparison.panels import arrange, finish
from resgrad.report.style import COLOURS, look

KEY = "steps up: runs that reach the target · a bar at the end: runs that never do"


@look
def draw_efficiency(title: str, shares: pd.DataFrame, target: float) -> Figure:
    """Draw the curves of every depth.

    Args:
        title: says of which data.
        shares: a row per variant, depth and step at which the share changes: variant, depth, step, share.
        target: the validation accuracy.
    """
    figure, panels = arrange(shares["depth"].nunique())
    for axes, (depth, of_depth) in zip(panels, shares.groupby("depth", sort=True), strict=True):
        draw_shares(axes, of_depth, target, budget=shares["step"].max())
        axes.set_title(f"depth {depth}")
    finish(figure, title, KEY)
    return figure


def draw_shares(axes: Axes, shares: pd.DataFrame, target: float, budget: int) -> None:
    """Draw the curves of one depth, up to the last step of the longest run."""
    for variant, curve in shares.groupby("variant", sort=True):
        steps = np.append(curve["step"], budget)
        share = np.append(curve["share"], curve["share"].iloc[-1])
        axes.step(steps, share, where="post", color=COLOURS[variant], label=variant)
        if share[-1] < 1:
            axes.plot(budget, share[-1], "|", color=COLOURS[variant], markersize=14, markeredgewidth=2)
    axes.set(xlabel="step", ylabel=f"runs at {target:.0%} validation accuracy", ylim=(-0.03, 1.03))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
