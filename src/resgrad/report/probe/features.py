"""The remaining differences between inputs: layer by layer, and against the growth of the gradient."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from resgrad.common.cells import VARIANTS
from resgrad.report.probe.depths import ROW
from resgrad.report.style import COLOURS, look

SHADES = colormaps["viridis"].with_extremes(bad="#cccccc")
NORMALIZATION_MARKERS = {"none": "o", "batch": "s", "group": "^", "layer": "D", "scalar": "v"}


@look
def draw_features(title: str, features: pd.DataFrame, inputs: int) -> Figure:
    """Draw the cosine and the effective rank of every layer of every recipe, plain beside residual.

    Args:
        title: names the networks, the images and the number of seeds.
        features: the table of features, for one kind of network.
        inputs: number of inputs, the maximum of an effective rank.
    """
    recipes = features["recipe"].drop_duplicates().tolist()
    measures = {
        "cosine": ("cosine of two inputs", Normalize(0, 1)),
        "effective_rank": (f"effective rank, of {inputs} inputs", LogNorm(1, inputs)),
    }
    figure = Figure(figsize=(11, 2 * (1 + ROW * len(recipes))), layout="constrained")
    grid = figure.subplots(2, 2, sharex=True, sharey=True, squeeze=False)
    depth = int(features["position"].max())
    corners = np.arange(depth + 1) + 0.5, np.arange(len(recipes) + 1) - 0.5
    for panels, (measure, (label, scale)) in zip(grid, measures.items(), strict=True):
        for axes, variant in zip(panels, VARIANTS, strict=True):
            of_variant = features[features["variant"] == variant]
            medians = of_variant.pivot_table(measure, "recipe", "position", aggfunc="median")
            picture = medians.reindex(recipes, columns=range(1, depth + 1)).to_numpy()
            axes.pcolormesh(*corners, picture, cmap=SHADES, norm=scale)
            axes.set_title(f"{variant}: {label}")
            axes.grid(visible=False)
        bar = figure.colorbar(ScalarMappable(scale, SHADES), ax=list(panels), pad=0.01, aspect=30)
        if measure == "effective_rank":
            ticks = [2**power for power in range(inputs.bit_length()) if 2**power <= inputs]
            bar.set_ticks(ticks, labels=[str(tick) for tick in ticks])
            bar.minorticks_off()
    grid[0, 0].set_yticks(range(len(recipes)), recipes)
    grid[0, 0].set_ylim(len(recipes) - 0.5, -0.5)
    for axes in grid[-1]:
        axes.set_xlabel("layer that the features enter (1: the images, last: linear)")
    figure.suptitle(title, fontsize=13)
    figure.supxlabel("medians over seeds · grey: features that are all 0, or not finite", fontsize=9)
    return figure


@look
def draw_geometry(title: str, geometry: pd.DataFrame, inputs: int) -> Figure:
    """Draw the effective rank at the last layer's input against the growth of the gradient, a mark per recipe.

    Args:
        title: names the images and the number of seeds.
        geometry: the table ``geometry``, with the titles of the panels as network.
        inputs: number of inputs.
    """
    panels = list(geometry.groupby("network", sort=False))
    markers = {name: NORMALIZATION_MARKERS[name] for name in geometry["normalization"].unique()}
    figure = Figure(figsize=(1 + 5.5 * len(panels), 5.6), layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)
    for axes, (network, rows) in zip(grid[0], panels, strict=True):
        for variant in VARIANTS:
            for normalization, marker in markers.items():
                chosen = rows[(rows["variant"] == variant) & (rows["normalization"] == normalization)]
                axes.plot(chosen["factor"], chosen["effective_rank"], marker, color=COLOURS[variant], alpha=0.75)
        _finish(axes, str(network), inputs)
    grid[0, 0].set_ylabel("effective rank of what enters the last layer")
    marks = [Line2D([], [], linestyle="", marker="o", color=COLOURS[variant], label=variant) for variant in VARIANTS]
    marks += [
        Line2D([], [], linestyle="", marker=marker, color="#555555", label=f"normalization {name}")
        for name, marker in markers.items()
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=3)
    figure.suptitle(title, fontsize=13)
    return figure


def _finish(axes: Axes, network: str, inputs: int) -> None:
    ticks = [2**power for power in range(inputs.bit_length()) if 2**power <= inputs]
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yscale("log")
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set(title=network, xlabel="factor by which the gradient grows per layer towards the input")
