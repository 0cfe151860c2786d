"""Row 2: results on the test images, by depth."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from resgrad.report.comparison.panels import arrange, draw_by_depth, finish
from resgrad.report.style import look

KEY = "dots: runs · lines: means over seeds · hollow: diverged, counted as guessing"

PANELS = {
    "test_accuracy": ("Accuracy: higher is better", "test accuracy"),
    "test_macro_f1": ("Macro F1: higher is better", "test macro F1"),
    "test_roc_auc": ("ROC-AUC: higher is better", "test ROC-AUC (1/2: guessing)"),
    "test_loss": ("Loss: lower is better", "test cross-entropy (nats)"),
}


@look
def draw_performance(title: str, measures: pd.DataFrame) -> Figure:
    """Draw every result at every depth.

    Args:
        title: says of which data.
        measures: a row per run: variant, depth, diverged (0 or 1) and the keys of :data:`PANELS`.
    """
    figure, panels = arrange(len(PANELS), width=3.8)
    for axes, column in zip(panels, PANELS, strict=True):
        draw_result(axes, measures, column)
    finish(figure, title, KEY)
    return figure


def draw_result(axes: Axes, measures: pd.DataFrame, column: str) -> None:
    """Draw one result by depth."""
    title, label = PANELS[column]
    draw_by_depth(axes, measures, column, hollow=measures["diverged"] > 0)
    axes.set(title=title, ylabel=label)
    if column == "test_loss":
        axes.set_ylim(bottom=0)
    else:
        axes.set_ylim(-0.03, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
