"""What the pictures of the closing table's rows share: panels, their arrangement and the key to colours."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from resgrad.report.style import COLOURS, MARKERS

COLUMNS = 4
"""Panels side by side at most."""


def arrange(count: int, width: float = 4.6, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """Make a figure of equal panels, each ``width`` x ``height`` inches, in as few rows as fit."""
    rows = math.ceil(count / COLUMNS)
    columns = math.ceil(count / rows)
    figure = Figure(figsize=(max(columns * width, 8), rows * height + 0.9), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in panels[count:]:
        unused.remove()
    return figure, list(panels[:count])


def finish(figure: Figure, title: str, key: str) -> None:
    """Add the title, and below the panels which variant has which colour and what the marks mean."""
    figure.suptitle(title, fontsize=13)
    legend = figure.legend(
        handles=[
            Line2D([], [], color=COLOURS[name], marker=MARKERS[name], label=f"{name} network") for name in COLOURS
        ],
        title=key,
        loc="outside lower center",
        ncols=2,
    )
    legend.get_title().set_multialignment("center")


def draw_by_depth(axes: Axes, measures: pd.DataFrame, column: str, hollow: pd.Series) -> None:
    """Draw a dot per run and a line through the means over seeds.

    Args:
        axes: where to.
        measures: a row per run: variant, depth and ``column``.
        column: what is drawn; NaN are left out.
        hollow: whether a run's dot is.
    """
    depths = sorted(measures["depth"].unique())
    # Twins side by side, or equal values would hide each other.
    aside = dict(zip(COLOURS, (-0.008, 0.008), strict=True))
    span = depths[-1] - depths[0] or 10
    for variant, runs in measures.groupby("variant", sort=True):
        mean = runs.groupby("depth", sort=True)[column].mean()
        axes.plot(mean.index, mean, color=COLOURS[variant], label=f"{variant}, mean")
        for is_hollow, dots in runs.groupby(hollow[runs.index], sort=True):
            axes.plot(
                dots["depth"] + aside[variant] * span,
                dots[column],
                linestyle="",
                marker=MARKERS[variant],
                color=COLOURS[variant],
                fillstyle="none" if is_hollow else "full",
                alpha=0.7,
                label=f"{variant}, {'hollow' if is_hollow else 'run'}",
            )
    axes.set_xlabel("depth (layers with weights)")
    axes.set_xticks(depths)
    axes.margins(x=0.1)


def draw_powers_of_ten(axes: Axes) -> None:
    """Label a vertical axis of log10 values with the powers themselves, from a whole one to a whole one."""
    low, high = axes.get_ylim()
    axes.set_ylim(math.floor(low), max(math.ceil(high), math.floor(low) + 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
