"""Row 4: floating-point operations until the target is reached, by depth."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resgrad.report.comparison.panels import arrange, draw_by_depth, draw_powers_of_ten, finish
from resgrad.report.style import look

KEY = "dots: runs · lines: geometric means over seeds · hollow: never reached, counted with the whole budget"


@look
def draw_training_time(title: str, measures: pd.DataFrame, target: float) -> Figure:
    """Draw the operations of every run.

    Args:
        title: says of which data.
        measures: a row per run: variant, depth, flops_to_target_log10, reached_target (0 or 1).
        target: the validation accuracy.
    """
    figure, (axes,) = arrange(1, width=7)
    draw_operations(axes, measures, target)
    finish(figure, title, KEY)
    return figure


def draw_operations(axes: Axes, measures: pd.DataFrame, target: float) -> None:
    """Draw operations by depth."""
    draw_by_depth(axes, measures, "flops_to_target_log10", hollow=measures["reached_target"] < 1)
    axes.set_ylabel(f"FLOPs to {target:.0%} validation accuracy")
    draw_powers_of_ten(axes)
