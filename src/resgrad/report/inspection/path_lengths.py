"""Which path lengths carry the gradient: the number of paths, the gradient of one, and that of all together."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from resgrad.report.style import COLOURS, MARKERS, look

NUMBER = "#bbbbbb"


@look
def draw_path_lengths(title: str, paths: pd.DataFrame) -> Figure:
    """Draw the three panels of Veit et al. 2016, figure 6, and in the middle one the single path of plain networks.

    Args:
        title: names the data, the depth and the number of seeds.
        paths: rows of the table ``paths_by_length``, of one depth.
    """
    residual, plain = (paths[paths["variant"] == variant] for variant in ("residual", "plain"))
    blocks = residual["length"].max()
    figure = Figure(figsize=(13, 4.8), layout="constrained")
    number, gain, carried = figure.subplots(1, 3)
    number.bar(residual["length"], residual["frequency"], color=NUMBER)
    number.set(title=f"Share of the $2^{{{blocks}}}$ paths that have each length", ylabel="share of all paths")
    _draw_gain(gain, residual, plain)
    gain.set(title="What one of them carries", ylabel="gradient at the image")
    carried.bar(residual["length"], residual["frequency"], color=NUMBER)
    carried.bar(residual["length"], residual["contribution"], color=COLOURS["residual"], alpha=0.85, width=0.6)
    low, high = residual["contribution_min"], residual["contribution_max"]
    carried.vlines(residual["length"], low, high, color="black", linewidth=1)
    carried.set(title="What all of them carry: the product", ylabel="share of the sum over all paths")
    for axes in (number, gain, carried):
        axes.set_xlabel(f"length of path (blocks it goes through, of {blocks})")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (number, carried):
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    figure.suptitle(title, fontsize=13)
    figure.legend(
        handles=_key(len(plain) > 0),
        title="gradient: L2 norm at the image where the error at the logits has norm 1 · "
        "lines, dots and bars: means over seeds · bands and strokes: smallest to largest over seeds",
        loc="outside lower center",
        ncols=5,
    )
    return figure


def _draw_gain(axes: Axes, residual: pd.DataFrame, plain: pd.DataFrame) -> None:
    colour = COLOURS["residual"]
    axes.plot(residual["length"], residual["log10_gain"], marker=MARKERS["residual"], markersize=4, color=colour)
    low, high = residual["log10_gain_min"], residual["log10_gain_max"]
    axes.fill_between(residual["length"], low, high, alpha=0.2, linewidth=0, color=colour)
    axes.axhline(residual["log10_gain_of_all_paths"].iloc[0], linestyle="--", color=colour)
    colour = COLOURS["plain"]
    axes.plot(plain["length"], plain["log10_gain"], marker=MARKERS["plain"], linestyle="", color=colour)
    axes.vlines(plain["length"], plain["log10_gain_min"], plain["log10_gain_max"], color=colour)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")


def _key(with_plain: bool) -> list[Line2D | Patch]:
    plain, residual = COLOURS["plain"], COLOURS["residual"]
    handles = [
        Patch(color=NUMBER, label="number of paths"),
        Line2D([], [], color=residual, marker=MARKERS["residual"], markersize=4, label="residual: one path"),
        Line2D([], [], color=residual, linestyle="--", label="residual: the whole gradient"),
        Patch(color=residual, label="residual: all paths of a length"),
    ]
    if with_plain:
        handles.append(Line2D([], [], color=plain, marker=MARKERS["plain"], linestyle="", label="plain: its one path"))
    return handles
