"""The gradient of the first weight layer as pictures, step by step, plain beside residual."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import SymLogNorm, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from resgrad.common.frames import typed_rows
from resgrad.report.style import COLOURS, look

FILTERS = 8
"""Maximum number of a convolution's filters shown: the first ones."""

SIDE = 16
"""Maximum number of rows and columns of a linear layer's matrix shown, evenly spread."""

DECADES = 8
"""Decades that the colour scale covers on either side of 0; smaller values look like 0."""

# Crameri's diverging map: equal steps look equal with any colour vision, and no end has a variant's colour.
COLOUR_MAP = colormaps["vanimo"]
ZERO, NOT_FINITE = "#d4d4d4", "#ffd92f"

# Pixels of a sheet: the side of a gradient's element, and the white space between tiles.
ELEMENT, GAP = 10, 4


class _Snapshot(NamedTuple):
    """A row of the table of snapshots."""

    variant: str
    step: int
    shape: np.ndarray
    gradient: np.ndarray


@look
def draw_first_layer(title: str, snapshots: dict[str, dict[int, np.ndarray]]) -> Figure:
    """Draw the gradient of the first weight layer: a row per filter, a column per step, one colour scale for all.

    Gradients span decades from one step to the next, so the scale is symmetric logarithmic.

    Args:
        title: names the data and the run.
        snapshots: gradients by variant and step: out x in x height x width for a convolution, out x in for a linear
            layer. A step has the same column in every panel; the column is empty for a run that stopped before it.
    """
    gradients = [gradient for by_step in snapshots.values() for gradient in by_step.values()]
    if not gradients:
        return _empty(title)
    scale = _scale(gradients)
    steps = sorted(set().union(*snapshots.values()))
    blank = np.ones_like(_sheet(gradients[0], scale))
    pictures = {
        variant: np.hstack([_sheet(by_step[step], scale) if step in by_step else blank for step in steps])
        for variant, by_step in snapshots.items()
    }
    figure, panels = _panels(len(pictures), next(iter(pictures.values())))
    for axes, (variant, picture) in zip(panels, pictures.items(), strict=True):
        axes.imshow(picture)
        axes.set_title(f"{variant} network", color=COLOURS[variant])
        headings = [_heading(step, snapshots[variant].get(step)) for step in steps]
        axes.set_xticks((np.arange(len(steps)) + 0.5) * blank.shape[1], headings)
        axes.annotate("step\nL2 norm", (0, 1), (-6, 7), "axes fraction", "offset points", ha="right", fontsize=9)
        rows = len(_tiles(gradients[0]))
        axes.set_yticks((np.arange(rows) + 0.5) * blank.shape[0] / rows, range(1, rows + 1) if rows > 1 else [""])
    figure.colorbar(
        ScalarMappable(scale, COLOUR_MAP),
        ax=panels.tolist(),
        label="gradient of the mean loss by a weight (nats)\n"
        f"logarithmic beyond ±$10^{{{math.log10(scale.linthresh):.0f}}}$",
    )
    figure.suptitle(title, fontsize=13)
    figure.legend(handles=_key(gradients), title=_explain(gradients[0]), loc="outside lower center", ncols=2)
    return figure


def gradients_by_step(table: pd.DataFrame) -> dict[str, dict[int, np.ndarray]]:
    """Turn the table of snapshots into the gradients for :func:`draw_first_layer`."""
    snapshots: dict[str, dict[int, np.ndarray]] = {}
    for row in typed_rows(table, _Snapshot):
        snapshots.setdefault(row.variant, {})[row.step] = row.gradient.reshape(row.shape)
    return snapshots


def _scale(gradients: list[np.ndarray]) -> SymLogNorm:
    """Return the symmetric scale up to the largest magnitude, rounded up to a power of ten."""
    magnitudes = np.abs(np.concatenate([gradient.ravel() for gradient in gradients]))
    largest = magnitudes.max(initial=0, where=np.isfinite(magnitudes)) or 1
    limit = 10.0 ** math.ceil(math.log10(largest))
    return SymLogNorm(limit / 10**DECADES, vmin=-limit, vmax=limit)


def _tiles(gradient: np.ndarray) -> np.ndarray:
    """Cut the shown part of a gradient into tiles: rows x tiles in a row x height x width."""
    if gradient.ndim == 4:
        return gradient[:FILTERS]
    units, inputs = (np.linspace(0, n - 1, min(n, SIDE)).round().astype(int) for n in gradient.shape)
    return gradient[np.ix_(units, inputs)][None, None]


def _sheet(gradient: np.ndarray, scale: SymLogNorm) -> np.ndarray:
    """Arrange the tiles of a gradient as one picture: pixels x pixels x RGBA."""
    tiles = _tiles(gradient)
    colours = COLOUR_MAP(scale(np.nan_to_num(tiles).ravel())).reshape(*tiles.shape, 4)
    colours[tiles == 0] = to_rgba(ZERO)
    colours[~np.isfinite(tiles)] = to_rgba(NOT_FINITE)
    colours = colours.repeat(ELEMENT, axis=2).repeat(ELEMENT, axis=3)
    colours = np.pad(colours, [(0, 0), (0, 0), (GAP, 0), (GAP, 0), (0, 0)], constant_values=1)
    rows = np.vstack([np.hstack(row) for row in colours])
    return np.pad(rows, [(0, 0), (GAP, GAP), (0, 0)], constant_values=1)


def _panels(count: int, picture: np.ndarray) -> tuple[Figure, np.ndarray]:
    """Make a figure large enough for the pictures, and its panels."""
    high, wide, _ = picture.shape
    # Wide pictures are stacked: side by side, their tiles would be too small to see.
    rows, columns = (count, 1) if wide > 2 * high else (1, count)
    inch = max(columns * wide / 11, 40)  # pixels of the picture
    size = (max(columns * wide / inch, 6) + 2.8, rows * (high / inch + 0.8) + 1.1)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelsize=9, labeltop=True, labelbottom=False)
    return figure, panels


def _empty(title: str) -> Figure:
    figure = Figure(figsize=(9, 1.2))
    figure.suptitle(title, fontsize=13)
    figure.text(0.5, 0.3, "no gradient was kept: gradients.snapshots is 0", horizontalalignment="center")
    return figure


def _heading(step: int, gradient: np.ndarray | None) -> str:
    if gradient is None:
        return f"{step}\nstopped"
    norm = np.linalg.norm(gradient.astype(float))
    if not math.isfinite(norm):
        return f"{step}\nnot finite"
    mantissa, exponent = f"{norm:.1e}".split("e")
    return f"{step}\n${mantissa}\\cdot10^{{{int(exponent)}}}$"


def _explain(gradient: np.ndarray) -> str:
    if gradient.ndim == 4:
        filters, channels, high, wide = gradient.shape
        shown = f"rows: the first {FILTERS} of {filters} filters" if filters > FILTERS else "rows: filters"
        inputs = " for red, green and blue" if channels == 3 else ""
        return f"{shown} · tiles: their {high} x {wide} weights{inputs}"
    units, inputs = gradient.shape
    return (
        f"rows: {min(units, SIDE)} of {units} units · columns: their weights for {min(inputs, SIDE)} of {inputs} inputs"
    )


def _key(gradients: list[np.ndarray]) -> list[Patch]:
    patches = [Patch(facecolor=ZERO, label="exactly 0")]
    if not all(np.isfinite(gradient).all() for gradient in gradients):
        patches.append(Patch(facecolor=NOT_FINITE, label="not finite"))
    return patches
