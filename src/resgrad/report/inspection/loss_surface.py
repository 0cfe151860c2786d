"""The loss around trained weights, plain beside residual."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from resgrad.report.style import COLOURS, look

LEVELS_PER_DECADE = 4
LOWEST, HIGHEST = 1e-4, 1e4
"""Losses beyond these look the same: far from the weights the loss is unbounded, and would use up the whole scale."""

_EXTEND = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}

COLOUR_MAP = "cividis"  # looks the same with any colour vision


@look
def draw_loss_surface(title: str, surface: pd.DataFrame) -> Figure:
    """Draw contours on one logarithmic colour scale, with a cross at the trained weights.

    Args:
        title: names the data and the networks.
        surface: a row per variant and point of the grid: variant, x, y, loss; non-finite losses are left white.
    """
    finite = surface.loc[np.isfinite(surface["loss"]), "loss"].clip(LOWEST, HIGHEST)
    low = math.floor(math.log10(finite.min()))
    decades = max(1, math.ceil(math.log10(finite.max())) - low)
    levels = np.logspace(low, low + decades, decades * LEVELS_PER_DECADE + 1)
    scale = LogNorm(levels[0], levels[-1])
    variants = surface["variant"].unique()
    figure = Figure(figsize=(1.5 + 4.6 * len(variants), 5), layout="constrained")
    panels = figure.subplots(1, len(variants), squeeze=False, sharey=True)[0]
    for axes, variant in zip(panels, variants, strict=True):
        _draw(axes, surface[surface["variant"] == variant], levels, scale)
        axes.set_title(f"{variant} network", color=COLOURS[variant])
    panels[0].set_ylabel("second direction (filter norms)")
    figure.colorbar(
        ScalarMappable(scale, COLOUR_MAP),
        ax=panels.tolist(),
        label="mean cross-entropy (nats)",
        extend=_EXTEND[surface["loss"].min() < LOWEST, surface["loss"].max() > HIGHEST],
    )
    figure.suptitle(title, fontsize=13)
    return figure


def _draw(axes: Axes, surface: pd.DataFrame, levels: np.ndarray, scale: LogNorm) -> None:
    grid = surface.pivot_table(index="y", columns="x", values="loss", dropna=False)
    loss = np.ma.masked_invalid(grid.to_numpy().clip(levels[0], levels[-1]))
    axes.contourf(grid.columns, grid.index, loss, levels=levels, norm=scale, cmap=COLOUR_MAP)
    axes.contour(grid.columns, grid.index, loss, levels=levels, colors="black", linewidths=0.4)
    axes.plot(0, 0, marker="+", color="white", markersize=10, markeredgewidth=2)
    axes.set(xlabel="first direction (filter norms)", aspect="equal")
    axes.grid(visible=False)
    axes.locator_params(nbins=5)
