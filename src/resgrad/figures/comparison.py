"""Plain against residual in one picture: results by depth, learning curves, gradients by layer."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from resgrad.figures.style import COLOURS, MARKERS, look

DASHES = {"train": "--", "validation": "-", "first step": "--", "last quarter": "-"}


@look
def draw_comparison(title: str, measures: pd.DataFrame, curves: pd.DataFrame, norms: pd.DataFrame) -> Figure:
    """Draw the comparison of a dataset.

    Args:
        title: says what data, of which provenance, and how many seeds.
        measures: a row per run: variant, depth, diverged, test.accuracy, train_error.
        curves: of one depth, a row per variant, split and epoch: depth, accuracy, accuracy_min, accuracy_max.
        norms: of one depth, a row per variant, phase and position: depth, log10_norm, log10_norm_min, log10_norm_max.
    """
    figure = Figure(figsize=(11, 8), layout="constrained")
    (accuracy, error), (learning, gradient) = figure.subplots(2, 2)
    _draw_by_depth(accuracy, measures, "test.accuracy")
    accuracy.set(title="Test accuracy: higher is better", ylabel="test accuracy")
    _draw_by_depth(error, measures, "train_error")
    error.set(title="Training error after the last step: lower is better", ylabel="training error")
    _draw_bands(learning, curves, "split", "epoch", "accuracy")
    learning.set(title=f"Learning curves at depth {curves['depth'].iloc[0]}", xlabel="epoch", ylabel="accuracy")
    for axes in (accuracy, error, learning):
        axes.set_ylim(-0.03, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    _draw_bands(gradient, norms, "phase", "position", "log10_norm")
    gradient.get_legend().set_title("gradient at")
    gradient.set(
        title=f"Gradient by layer at depth {norms['depth'].iloc[0]}",
        xlabel="layer (1: first convolution, last: linear)",
        ylabel="L2 norm of the weights' gradient",
    )
    low, high = gradient.get_ylim()
    gradient.set_ylim(math.floor(low), math.ceil(high))  # whole powers of ten
    gradient.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    gradient.yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
    figure.suptitle(title, fontsize=13)
    figure.legend(
        handles=[
            Line2D([], [], color=COLOURS[name], marker=MARKERS[name], label=f"{name} network") for name in COLOURS
        ],
        title=_key(measures),
        loc="outside lower center",
        ncols=2,
    )
    return figure


def _draw_by_depth(axes: Axes, measures: pd.DataFrame, column: str) -> None:
    """Draw a dot per run, hollow where it diverged, and a line through the means."""
    for variant, runs in measures.groupby("variant", sort=True):
        mean = runs.groupby("depth", sort=True)[column].mean()
        axes.plot(mean.index, mean, color=COLOURS[variant], label=f"{variant}, mean")
        for diverged, dots in runs.groupby("diverged", sort=True):
            axes.plot(
                dots["depth"],
                dots[column],
                linestyle="",
                marker=MARKERS[variant],
                color=COLOURS[variant],
                fillstyle="none" if diverged else "full",
                alpha=0.7,
                label=f"{variant}, {'diverged' if diverged else 'run'}",
            )
    axes.set_xlabel("depth (layers with weights)")
    axes.set_xticks(sorted(measures["depth"].unique()))
    axes.margins(x=0.1)


def _draw_bands(axes: Axes, frame: pd.DataFrame, dash: str, x: str, y: str) -> None:
    """Draw a line through the means and a band from the smallest to the largest, by variant and dash."""
    for (variant, name), rows in frame.groupby(["variant", dash], sort=True):
        # Small dots, or a line of one point would not be seen.
        style = {"color": COLOURS[variant], "linestyle": DASHES[name], "marker": ".", "markersize": 4}
        axes.plot(rows[x], rows[y], label=f"{variant}, {name}", **style)
        axes.fill_between(rows[x], rows[f"{y}_min"], rows[f"{y}_max"], color=COLOURS[variant], alpha=0.15, linewidth=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    names = sorted(frame[dash].unique())
    axes.legend(handles=[Line2D([], [], color="#444444", linestyle=DASHES[name], label=name) for name in names])


def _key(measures: pd.DataFrame) -> str:
    key = "dots: runs · lines: means over seeds · bands: smallest to largest over seeds"
    return f"{key} · hollow: diverged, counted as guessing" if measures["diverged"].any() else key
