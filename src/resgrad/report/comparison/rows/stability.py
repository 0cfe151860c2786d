"""Row 6: the loss of the training batches about its trend."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from resgrad.report.comparison.panels import arrange, finish
from resgrad.report.style import COLOURS, look

KEY = (
    "pale: loss of every batch, a line per seed · dark: its trend · crosses: spikes · a line that ends early: diverged"
)


@look
def draw_stability(title: str, losses: pd.DataFrame) -> Figure:
    """Draw every run's loss, a panel per variant and depth.

    Args:
        title: says of which data.
        losses: a row per step: variant, depth, seed, step, loss, trend, spike.
    """
    panels_of = list(losses.groupby(["depth", "variant"], sort=True))
    figure, panels = arrange(len(panels_of))
    for axes, ((depth, variant), runs) in zip(panels, panels_of, strict=True):
        draw_losses(axes, runs)
        axes.set_title(f"depth {depth}, {variant}")
        axes.set_ylim(losses["loss"].min() / 2, losses["loss"].max() * 2)
    finish(figure, title, KEY)
    return figure


def draw_losses(axes: Axes, losses: pd.DataFrame) -> None:
    """Draw the runs of one depth."""
    for (variant, _), run in losses.groupby(["variant", "seed"], sort=True):
        colour = COLOURS[variant]
        axes.plot(run["step"], run["loss"], color=colour, alpha=0.3, linewidth=0.7)
        axes.plot(run["step"], run["trend"], color=colour, linewidth=1.6)
        spikes = run[run["spike"]]
        axes.plot(spikes["step"], spikes["loss"], "x", color="#000000", markersize=6)
    axes.set(xlabel="step", ylabel="loss of the batch (nats)", yscale="log", xlim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
