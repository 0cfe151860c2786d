"""The closing table as one picture: a panel per row."""

import pandas as pd
from matplotlib.figure import Figure

from resgrad.report.comparison.panels import finish
from resgrad.report.comparison.rows.depth import draw_error
from resgrad.report.comparison.rows.efficiency import draw_shares
from resgrad.report.comparison.rows.gradients import draw_norms
from resgrad.report.comparison.rows.performance import draw_result
from resgrad.report.comparison.rows.stability import draw_losses
from resgrad.report.comparison.rows.training_time import draw_operations
from resgrad.report.style import look

KEY = (
    "dots, steps, pale lines: runs · other lines: means over seeds · bands: smallest to largest\n"
    "hollow: diverged, counted as guessing; training time: target never reached, counted with the whole budget"
)


@look
def draw_comparison(
    title: str,
    measures: pd.DataFrame,
    shares: pd.DataFrame,
    norms: pd.DataFrame,
    losses: pd.DataFrame,
    *,
    target: float,
) -> Figure:
    """Draw the comparison of a dataset: all depths where a panel can show them, else the greatest.

    Args:
        title: says of which data.
        measures: a row per run, as :func:`~resgrad.comparison.rows.measure_rows` returns it.
        shares: as :func:`~resgrad.report.comparison.rows.efficiency.draw_efficiency` takes it.
        norms: as :func:`~resgrad.report.comparison.rows.gradients.draw_gradients` takes it.
        losses: as :func:`~resgrad.report.comparison.rows.stability.draw_stability` takes it.
        target: the validation accuracy.
    """
    depth = measures["depth"].max()

    def deepest(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["depth"] == depth]

    figure = Figure(figsize=(14, 8), layout="constrained")
    (efficiency, performance, gradients), (time, error, stability) = figure.subplots(2, 3)
    draw_shares(efficiency, deepest(shares), target, budget=shares["step"].max())
    efficiency.set_title(f"Training efficiency at depth {depth}")
    draw_result(performance, measures, "test_accuracy")
    performance.set_title("Performance")
    draw_norms(gradients, deepest(norms))
    gradients.set_title(f"Gradients at depth {depth}")
    draw_operations(time, measures, target)
    time.set_title("Training time")
    draw_error(error, measures, "training_error")
    error.set_title("Depth handling")
    draw_losses(stability, deepest(losses))
    stability.set_title(f"Training stability at depth {depth}")
    finish(figure, title, KEY)
    return figure
