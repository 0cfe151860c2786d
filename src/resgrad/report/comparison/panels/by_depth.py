"""A measure by depth: a dot per run and a line through the means."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from resgrad.report.comparison.panels import Panel
from resgrad.report.comparison.powers import draw_powers_of_ten
from resgrad.report.style import COLOURS, MARKERS

ALL_DEPTHS = True


def split(panel: Panel, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Show everything in one panel."""
    return [(panel.title, table)]


def draw(axes: Axes, panel: Panel, part: pd.DataFrame, _whole: pd.DataFrame) -> None:
    """Draw one measure of the table of runs."""
    _draw_runs(axes, part, panel.column, hollow=part[panel.hollow_column] == panel.hollow_value)
    axes.set_ylabel(panel.label)
    match panel.scale:
        case "powers of ten":
            draw_powers_of_ten(axes)
        case "from zero":
            axes.set_ylim(bottom=0)
        case _:
            axes.set_ylim(-0.03, 1.03)
            axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))


def _draw_runs(axes: Axes, measures: pd.DataFrame, column: str, hollow: pd.Series) -> None:
    """Draw a dot per run and a line through the means over seeds.

    Args:
        axes: where to draw.
        measures: a row per run: variant, depth and ``column``.
        column: the column to draw; NaN are left out.
        hollow: whether each run's dot is hollow.
    """
    depths = sorted(measures["depth"].unique())
    # Twins side by side; otherwise equal values would hide each other.
    aside = dict(zip(COLOURS, (-0.008, 0.008), strict=True))
    span = depths[-1] - depths[0] or 10
    for key, runs in measures.groupby("variant", sort=True):
        variant = str(key)
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
