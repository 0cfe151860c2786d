"""Row 5: error against depth, in training and on the test images."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from resgrad.report.comparison.panels import arrange, draw_by_depth, finish
from resgrad.report.style import look

KEY = "dots: runs · lines: means over seeds · hollow: diverged, counted as guessing · rising: degradation"


@look
def draw_depth(title: str, measures: pd.DataFrame) -> Figure:
    """Draw both errors at as many depths as there are.

    Args:
        title: says of which data.
        measures: a row per run: variant, depth, training_error, test_error, diverged (0 or 1).
    """
    figure, panels = arrange(2)
    for axes, column in zip(panels, ("training_error", "test_error"), strict=True):
        draw_error(axes, measures, column)
    finish(figure, title, KEY)
    return figure


def draw_error(axes: Axes, measures: pd.DataFrame, column: str) -> None:
    """Draw one error by depth."""
    draw_by_depth(axes, measures, column, hollow=measures["diverged"] > 0)
    name = column.replace("_", " ")
    axes.set(title=f"{name.capitalize()}: lower is better", ylabel=name, ylim=(-0.03, 1.03))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
