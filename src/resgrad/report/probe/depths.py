"""The error signal in the probed networks: layer by layer at one depth, and depth by depth."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from resgrad.common.cells import VARIANTS
from resgrad.common.frames import typed_rows
from resgrad.report.probe.thresholds import Thresholds
from resgrad.report.style import look

# From Okabe and Ito's palette, without the variants' colours.
VERDICT_COLOURS = {"vanishing": "#56B4E9", "healthy": "#009E73", "exploding": "#E69F00"}
VERDICT_MARKERS = {"vanishing": "v", "healthy": "o", "exploding": "^"}
SIGNALS = colormaps["RdBu_r"].with_extremes(bad="#cccccc")
BLACK = ListedColormap(["black"])
ROW = 0.24
"""Height of a recipe's row, in inches."""


class _Split(NamedTuple):
    """The columns of the table of networks for recipes whose seeds disagree, and their ``place``."""

    place: int
    recipe: str
    agreeing: int
    n: int


@look
def draw_layers(title: str, signals: pd.DataFrame, networks: pd.DataFrame, thresholds: Thresholds) -> Figure:
    """Draw the signal of every layer of every recipe, plain beside residual on one scale, with the verdicts.

    Args:
        title: names the networks, the images and the number of seeds.
        signals: the table of signals, for one kind of network at one depth.
        networks: the table of networks, with their verdicts.
        thresholds: thresholds of the verdicts, at which colours have half their full strength.
    """
    figure, panels = _panels(networks, beside=0.7)
    scale = TwoSlopeNorm(0, 2 * thresholds.vanishing, 2 * thresholds.exploding)
    recipes = _recipes(networks)
    depth = int(signals["position"].max())
    corners = np.arange(depth + 1) + 0.5, np.arange(len(recipes) + 1) - 0.5
    for axes, variant in zip(panels, VARIANTS, strict=True):
        of_variant = signals[signals["variant"] == variant]
        medians = of_variant.pivot_table("log10_signal", "recipe", "position", aggfunc="median")
        picture = medians.reindex(recipes, columns=range(1, depth + 1)).to_numpy()
        axes.pcolormesh(*corners, np.clip(picture, -1e3, 1e3), cmap=SIGNALS, norm=scale)
        axes.pcolormesh(*corners, np.where(picture == np.inf, 1, np.nan), cmap=BLACK)
        _mark(axes, networks[networks["variant"] == variant].assign(place=1.03 * depth + 0.5), recipes)
        axes.set(xlabel="layer (1: first, last: linear)", xlim=(0.5, 1.06 * depth + 0.5))
        axes.set_xticks([tick for tick in MaxNLocator(6, integer=True).tick_values(1, depth) if 0 < tick <= depth])
    room = {"fraction": 0.3 / figure.get_figheight(), "aspect": 45, "pad": 0.1 / figure.get_figheight()}
    bar = figure.colorbar(ScalarMappable(scale, SIGNALS), ax=panels, location="bottom", extend="both", **room)
    bar.set_label("signal: relative gradient per unit of error at the output (median over seeds)")
    bar.ax.xaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
    for threshold in thresholds:
        bar.ax.axvline(threshold, color="black")
    _finish(figure, title, "black: not finite · lines in the scale: thresholds of the verdict")
    return figure


@look
def draw_depths(title: str, networks: pd.DataFrame) -> Figure:
    """Draw the verdict on every recipe at every depth, plain beside residual.

    Args:
        title: names the networks, the images and the number of seeds.
        networks: the table of networks, for one kind.
    """
    figure, panels = _panels(networks)
    recipes = _recipes(networks)
    depths = sorted(networks["depth"].unique())
    for axes, variant in zip(panels, VARIANTS, strict=True):
        rows = networks[networks["variant"] == variant]
        rows = rows.assign(place=rows["depth"].map(depths.index))
        _mark(axes, rows, recipes)
        for row in typed_rows(rows[rows["agreeing"] < rows["n"]], _Split):
            at = row.place + 0.12, recipes.index(row.recipe)
            axes.annotate(f"{row.agreeing}/{row.n}", at, fontsize=8, va="center")
        axes.set_xticks(range(len(depths)), depths)
        axes.set(xlabel="depth (layers with weights)", xlim=(-0.5, len(depths) - 0.5))
    _finish(figure, title, "fractions: seeds that agree, where not all do")
    return figure


def _panels(networks: pd.DataFrame, beside: float = 0) -> tuple[Figure, list[Axes]]:
    """Make a panel per variant with a row per recipe, grouped by normalisation.

    ``beside`` is the height of everything else, in inches.
    """
    recipes = _recipes(networks)
    figure = Figure(figsize=(11, 1.9 + beside + ROW * len(recipes)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    normalizations = dict(zip(networks["recipe"], networks["normalization"], strict=True))
    names = np.array([normalizations[recipe] for recipe in recipes])
    for axes, variant in zip(panels, VARIANTS, strict=True):
        axes.set_title(f"{variant} network")
        axes.grid(visible=False)
        axes.set_ylim(len(recipes) - 0.5, -0.5)
        for row in np.flatnonzero(names[1:] != names[:-1]):
            axes.axhline(row + 0.5, color="black", linewidth=1)
    panels[0].set_yticks(range(len(recipes)), recipes)
    return figure, list(panels)


def _recipes(networks: pd.DataFrame) -> list[str]:
    """List the recipes, grouped by normalisation."""
    recipes = networks[["recipe", "normalization"]].drop_duplicates()
    order = pd.Categorical(recipes["normalization"], recipes["normalization"].unique())
    return recipes["recipe"].iloc[order.codes.argsort(kind="stable")].tolist()


def _mark(axes: Axes, rows: pd.DataFrame, recipes: list[str]) -> None:
    """Draw the verdicts at their ``place`` from left to right."""
    height = np.array([recipes.index(recipe) for recipe in rows["recipe"]], dtype=int)
    for verdict, marker in VERDICT_MARKERS.items():
        chosen = (rows["verdict"] == verdict).to_numpy()
        axes.plot(
            rows["place"][chosen],
            height[chosen],
            linestyle="",
            markersize=7,
            marker=marker,
            color=VERDICT_COLOURS[verdict],
        )


def _finish(figure: Figure, title: str, note: str) -> None:
    figure.suptitle(title, fontsize=13)
    figure.legend(
        handles=[
            Line2D([], [], linestyle="", label=verdict, marker=marker, color=VERDICT_COLOURS[verdict])
            for verdict, marker in VERDICT_MARKERS.items()
        ],
        title=note,
        loc="outside lower center",
        ncols=3,
    )
