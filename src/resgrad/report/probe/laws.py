"""Growth of the gradient over depth: two laws fitted to the same ratios, on logarithmic axes."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resgrad.common.cells import VARIANTS
from resgrad.common.frames import typed_rows
from resgrad.report.style import COLOURS, MARKERS, look

DASHES = {"power": "-", "exponential": "--"}


class Law(NamedTuple):
    """The columns of a table of laws that describe the fits."""

    log10_rate: float
    exponential_r2: float
    exponent: float
    power_r2: float
    law: str


@look
def draw_laws(title: str, ratios: pd.DataFrame, laws: pd.DataFrame) -> Figure:
    """Draw a row per kind of network, plain beside residual, each on its own scale.

    Args:
        title: names the recipe, the weights, the images and the number of seeds.
        ratios: ratios of one recipe: network, variant, depth, seed, log10_ratio.
        laws: laws of the same recipe: network, variant and the fields of :class:`Law`.
    """
    networks = list(ratios.groupby("network", sort=False))
    figure = Figure(figsize=(11, 1 + 4 * len(networks)), layout="constrained")
    grid = figure.subplots(len(networks), 2, squeeze=False)
    for row, (network, of_network) in zip(grid, networks, strict=True):
        for axes, variant in zip(row, VARIANTS, strict=True):
            rows = of_network[(of_network["variant"] == variant) & np.isfinite(of_network["log10_ratio"])]
            of_variant = laws[(laws["network"] == network) & (laws["variant"] == variant)]
            style = {"color": COLOURS[variant], "marker": MARKERS[variant], "markersize": 5}
            axes.plot(rows["depth"], rows["log10_ratio"], linestyle="", alpha=0.6, **style)
            for law in typed_rows(of_variant, Law):
                _draw_fits(axes, rows, law, COLOURS[variant])
            axes.set_title(f"{network}, {variant}: {_named(of_variant)}")
            log_depth(axes, rows["depth"].unique())
            axes.set_xlabel("depth (layers with weights)")
        row[0].set_ylabel("gradient, first over last hidden layer")
    figure.suptitle(title, fontsize=13)
    figure.supxlabel(
        "a mark per seed · lines: least squares through all of them · both axes are logarithmic", fontsize=9
    )
    return figure


def log_depth(axes: Axes, depths: np.ndarray) -> None:
    """Make the depth axis logarithmic with these ticks, and label the vertical axis with powers of ten."""
    axes.set_xscale("log")
    axes.set_xticks(depths, [f"{depth:g}" for depth in depths])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")


def _draw_fits(axes: Axes, rows: pd.DataFrame, law: Law, colour: str) -> None:
    means = rows.groupby("depth")["log10_ratio"].mean()
    depths = np.geomspace(means.index.min(), means.index.max(), 100)
    fits = {
        "power": (np.log10, law.exponent, f"depth to the power of {law.exponent:.2f}, R² = {law.power_r2:.3f}"),
        "exponential": (
            np.asarray,
            law.log10_rate,
            f"{10**law.log10_rate:.4f} to the power of depth, R² = {law.exponential_r2:.3f}",
        ),
    }
    for name, (scale, slope, label) in fits.items():
        line = means.mean() + slope * (scale(depths) - scale(means.index.to_numpy(float)).mean())
        width = 1.8 if law.law == name else 0.9
        axes.plot(depths, line, color=colour, linestyle=DASHES[name], linewidth=width, label=label)
    axes.legend(loc="upper left")


def _named(laws: pd.DataFrame) -> str:
    if laws.empty:
        return "too few depths"
    return {"power": "a power law", "neither": "neither law"}.get(laws["law"].iloc[0]) or laws["law"].iloc[0]
