"""The error of networks without one of their blocks, and with reordered blocks, plain against residual."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, PercentFormatter

from resgrad.report.style import COLOURS, MARKERS, look


@look
def draw_lesions(title: str, lesions: pd.DataFrame, reorderings: pd.DataFrame) -> Figure:
    """Draw two panels for the shallowest and two for the deepest networks, after Veit et al. 2016, figures 3 and 5.

    Args:
        title: names the data and the number of seeds.
        lesions: the table ``lesions_by_block``; at least one row.
        reorderings: the table ``reorderings_by_swaps``; it has no rows for networks without blocks to swap.
    """
    depths = sorted({lesions["depth"].min(), lesions["depth"].max()})
    figure = Figure(figsize=(11, 1.2 + 3.6 * len(depths)), layout="constrained")
    rows = figure.subplots(len(depths), 2, squeeze=False, sharey=True)
    for depth, (by_block, by_swaps) in zip(depths, rows, strict=True):
        _draw_lesions(by_block, lesions[lesions["depth"] == depth])
        by_block.set(
            title=f"Depth {depth}: one block left out",
            xlabel="block (1: the first)",
            ylabel="validation error",
            xlim=(0.5, lesions.loc[lesions["depth"] == depth, "block"].max() + 0.5),
            ylim=(-0.02, 1.02),  # an error of 0 stays visible
        )
        _draw_reorderings(by_swaps, reorderings[reorderings["depth"] == depth])
        by_swaps.set(title=f"Depth {depth}: blocks swapped", xlabel="swaps of two blocks of equal shape")
        by_swaps.tick_params(labelleft=True)
        by_block.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    figure.suptitle(title, fontsize=13)
    figure.legend(
        handles=_key(lesions),
        title="points: means over seeds · strokes and bands: smallest to largest over seeds",
        loc="outside lower center",
        ncols=3,
    )
    return figure


def _draw_lesions(axes: Axes, lesions: pd.DataFrame) -> None:
    for variant, blocks in lesions.groupby("variant"):
        colour, marker = COLOURS[str(variant)], MARKERS[str(variant)]
        axes.axhline(blocks["whole_error"].iloc[0], linestyle="--", linewidth=1, color=colour)
        axes.vlines(blocks["block"], blocks["error_min"], blocks["error_max"], color=colour, linewidth=1)
        for changes_shape, drawn in blocks.groupby("changes_shape"):
            face = "white" if changes_shape else colour
            axes.plot(drawn["block"], drawn["error"], linestyle="", marker=marker, color=colour, markerfacecolor=face)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_reorderings(axes: Axes, reorderings: pd.DataFrame) -> None:
    if reorderings.empty:
        axes.text(0.5, 0.5, "no two blocks of equal shape", ha="center", va="center", transform=axes.transAxes)
        return
    axes.set_xscale("log", base=2)
    for variant, swaps in reorderings.groupby("variant"):
        colour, marker = COLOURS[str(variant)], MARKERS[str(variant)]
        axes.axhline(swaps["whole_error"].iloc[0], linestyle="--", linewidth=1, color=colour)
        axes.plot(swaps["swaps"], swaps["error"], marker=marker, color=colour)
        axes.fill_between(swaps["swaps"], swaps["error_min"], swaps["error_max"], alpha=0.2, linewidth=0, color=colour)
    axes.xaxis.set_major_locator(FixedLocator(sorted(reorderings["swaps"].unique())))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")


def _key(lesions: pd.DataFrame) -> list[Line2D]:
    variants = sorted(lesions["variant"].unique())
    handles = [Line2D([], [], color=COLOURS[v], marker=MARKERS[v], linestyle="", label=v) for v in variants]
    handles += [Line2D([], [], color=COLOURS[v], linestyle="--", label=f"{v}: the whole network") for v in variants]
    if lesions["changes_shape"].any():
        label = "block that changes the shape: a plain one cannot be left out"
        handles.append(Line2D([], [], color="black", marker="o", markerfacecolor="white", linestyle="", label=label))
    return handles
