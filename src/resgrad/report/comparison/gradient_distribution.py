"""The distribution of gradients over magnitudes while a network learns, plain beside residual."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter

from resgrad.report.style import COLOURS, look

COLOUR_MAP = colormaps["magma_r"]
SCALE = PowerNorm(0.5, vmin=0, vmax=1)
"""Shares from 0 to 1, the same in every picture; a square root, because a bin rarely has more than a quarter."""

VISIBLE = 1e-3
"""Smaller shares stay white; otherwise a few stray elements would stretch the axis."""

BESIDE = {"nonfinite": "not finite", "zero": "exactly 0"}
"""Shares that a logarithmic axis cannot show: they are drawn in a strip below it."""


@look
def draw_distributions(title: str, table: pd.DataFrame, lowest_exponent: int) -> Figure:
    """Draw a panel per layer and variant: steps from left to right, magnitudes upwards, shares as colours.

    Args:
        title: names the data and the networks.
        table: the distributions. Steps that a variant lacks, because its runs diverged, are hatched.
        lowest_exponent: exponent of the first bin: bin b holds magnitudes from 2^(lowest_exponent + b) to twice that.
    """
    shares = _by_exponent(table, lowest_exponent)
    variants, positions = (list(shares.index.unique(name)) for name in ("variant", "position"))
    size = (1.6 + 5 * len(variants), 1.4 + 2.2 * len(positions))
    figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.02))
    heights = [7, 1.4] * len(positions)
    grid = figure.subplots(len(heights), len(variants), sharex=True, squeeze=False, height_ratios=heights)
    magnitudes = shares.drop(columns=list(BESIDE))
    visible = magnitudes.columns[(magnitudes >= VISIBLE).any()].astype(int)
    exponents = np.arange(visible.min(), visible.max() + 1) if len(visible) else np.arange(2)
    last = _borders(shares.index.unique("step").sort_values())[-1]
    for (variant, _, position, layer), rows in shares.groupby(level=["variant", "depth", "position", "layer"]):
        row = 2 * positions.index(position)
        main, strip = grid[row : row + 2, variants.index(variant)]
        main.set_title(f"{variant}, layer {position} ({layer})", color=COLOURS[str(variant)])
        main.set_yscale("log")
        _draw(main, rows[exponents], 2.0 ** np.append(exponents, exponents[-1] + 1), last)
        _draw(strip, rows[list(BESIDE)], np.arange(len(BESIDE) + 1), last)
        if main.patches:
            main.set_title("hatched: diverged, stopped", loc="right", fontsize=8, fontweight="normal")
        strip.set_yticks(np.arange(len(BESIDE)) + 0.5, BESIDE.values(), fontsize=8)
    for axes in grid[-1]:
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.supylabel("magnitude of the mean loss' gradient by a weight (nats), in powers of two", fontsize=10)
    figure.colorbar(
        ScalarMappable(SCALE, COLOUR_MAP),
        ax=grid.ravel().tolist(),
        label=f"share of the layer's weights (white: below {VISIBLE:.1%})",
        ticks=[0, 0.01, 0.05, 0.1, 0.25, 0.5, 1],
        format=PercentFormatter(xmax=1, decimals=0),
        aspect=50,
        shrink=0.7,
    )
    figure.suptitle(title, fontsize=13)
    return figure


def _by_exponent(table: pd.DataFrame, lowest_exponent: int) -> pd.DataFrame:
    """Arrange shares with a column per exponent, by variant, depth, position, layer and step (the index)."""
    bins = np.stack(table["shares"].to_list())
    exponents = range(lowest_exponent, lowest_exponent + bins.shape[1])
    index = pd.MultiIndex.from_frame(table[["variant", "depth", "position", "layer", "step"]])
    return pd.DataFrame(np.column_stack([table[list(BESIDE)], bins]), index=index, columns=[*BESIDE, *exponents])


def _draw(axes: Axes, shares: pd.DataFrame, edges: np.ndarray, last: float) -> None:
    """Draw shares, a row per step, between the edges of the bins; hatch steps missing up to the ``last`` one."""
    borders = _borders(shares.index.get_level_values("step"))
    visible = np.ma.masked_less(shares.to_numpy().T, VISIBLE)
    axes.pcolormesh(borders, edges, visible, cmap=COLOUR_MAP, norm=SCALE)
    axes.grid(visible=False)
    if borders[-1] < last:
        axes.axvspan(borders[-1], last, facecolor="none", edgecolor="#bbbbbb", hatch="///", linewidth=0)


def _borders(steps: pd.Index) -> np.ndarray:
    """Return where the columns of these steps begin and end: halfway between neighbours."""
    between = (steps[1:] + steps[:-1]) / 2
    before, after = (between[0] - steps[0], steps[-1] - between[-1]) if len(between) else (0.5, 0.5)
    return np.array([steps[0] - before, *between, steps[-1] + after])
