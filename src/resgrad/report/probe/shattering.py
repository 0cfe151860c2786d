"""Shattered gradients: sequences of gradients beside noise, and their autocorrelation by depth."""

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from resgrad.report.style import COLOURS, MARKERS, look

# Lightness shows depth only.
DEPTHS = colormaps["viridis_r"]
GREY = "#555555"
NOISE_DASHES = {"brown": "--", "white": ":"}


@look
def draw_shattering(
    title: str,
    sequences: pd.DataFrame,
    noise: pd.DataFrame,
    by_depth: pd.DataFrame,
    references: pd.DataFrame,
) -> Figure:
    """Draw the first sequence of every kind, and below them the autocorrelations.

    Args:
        title: names the networks and their number.
        sequences: the table of sequences.
        noise: the table of noise.
        by_depth: autocorrelations of ``sequences``: variant, depth, lag, mean, low, high.
        references: autocorrelations of ``noise``: noise, lag, mean.
    """
    depths = sorted(by_depth["depth"].unique())
    figure = Figure(figsize=(3.2 + 2.2 * len(depths), 9), layout="constrained")
    (above,), (below,) = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 1.1])
    _draw_sequences(above, sequences, noise, depths)
    _draw_autocorrelations(below, by_depth, references, depths)
    figure.suptitle(title, fontsize=13)
    return figure


def _draw_sequences(figure: SubFigure, sequences: pd.DataFrame, noise: pd.DataFrame, depths: list[int]) -> None:
    """Draw a row per variant and a column per depth; the last column has the noises."""
    grid = figure.subplots(2, len(depths) + 1, sharex=True)
    for row, (variant, reference) in enumerate(zip(COLOURS, ("white", "brown"), strict=True)):
        for axes, depth in zip(grid[row], depths, strict=False):
            kind = sequences[(sequences["variant"] == variant) & (sequences["depth"] == depth)]
            _draw_sequence(axes, kind, COLOURS[variant])
            axes.set_title(f"{variant}, {depth} layers")
        _draw_sequence(grid[row, -1], noise[noise["noise"] == reference], GREY)
        grid[row, -1].set_title(f"{reference} noise")
        grid[row, 0].set_ylabel("gradient dy/dx")
    for axes in grid[-1]:
        axes.set_xlabel("input x")


def _draw_sequence(axes: Axes, kind: pd.DataFrame, colour: str) -> None:
    first = kind[kind["sample"] == 0]
    axes.plot(first["input"], first["value"], color=colour, linewidth=0.9)
    axes.set_yticks([0], ["0"])  # sizes differ by orders of magnitude, and do not matter here


def _draw_autocorrelations(
    figure: SubFigure, by_depth: pd.DataFrame, references: pd.DataFrame, depths: list[int]
) -> None:
    """Draw a panel per variant with a line per depth, and one with only the nearest neighbours."""
    panels = figure.subplots(1, 3, sharey=True)
    for axes, variant in zip(panels, COLOURS, strict=False):
        for noise, rows in references[references["lag"] > 0].groupby("noise"):
            axes.plot(rows["lag"], rows["mean"], color=GREY, linestyle=NOISE_DASHES[str(noise)], label=f"{noise} noise")
        for number, depth in enumerate(depths):
            kind = (by_depth["variant"] == variant) & (by_depth["depth"] == depth) & (by_depth["lag"] > 0)
            rows = by_depth[kind]
            colour = DEPTHS((number + 1) / len(depths))
            axes.plot(rows["lag"], rows["mean"], color=colour, marker=".", label=f"{depth} layers")
            axes.fill_between(rows["lag"], rows["low"], rows["high"], color=colour, alpha=0.25, linewidth=0)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_title(f"{variant} networks", color=COLOURS[variant])
        axes.set_xlabel("lag (inputs apart)")
    panels[0].set_ylabel("autocorrelation of the gradient")
    _draw_neighbours(panels[2], by_depth[by_depth["lag"] == 1], references[references["lag"] == 1], depths)
    figure.legend(
        handles=panels[0].get_lines(),
        title="lines: means over networks · bands and bars: 95 % intervals of the mean",
        loc="outside lower center",
        ncols=len(panels[0].get_lines()),
    )


def _draw_neighbours(axes: Axes, by_depth: pd.DataFrame, references: pd.DataFrame, depths: list[int]) -> None:
    for noise, mean in zip(references["noise"], references["mean"], strict=True):
        axes.axhline(mean, color=GREY, linestyle=NOISE_DASHES[noise])
    for variant, rows in by_depth.groupby("variant"):
        errors = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]]
        colour, marker = COLOURS[str(variant)], MARKERS[str(variant)]
        axes.errorbar(rows["depth"], rows["mean"], errors, label=variant, color=colour, marker=marker, capsize=3)
    axes.set_xticks(depths)
    axes.set_title("neighbouring inputs (lag 1)")
    axes.set_xlabel("depth (layers with weights)")
    axes.legend()
