"""The gradient's norm by layer at the initial weights, with the fitted growth per layer."""

import math
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from resgrad.common.frames import typed_rows
from resgrad.report.style import COLOURS, MARKERS, look

THEORY = "#444444"
OF_THEORY = "fully_connected"
"""The one kind of network that the theory covers."""


class _Factor(NamedTuple):
    """The columns of the table of growth that the key uses."""

    variant: str
    factor: float
    factor_low: float
    factor_high: float
    exponent: float


@look
def draw_growth(title: str, norms: pd.DataFrame, growth: pd.DataFrame, theory: float) -> Figure:
    """Draw a panel per kind of network, side by side on one scale.

    Args:
        title: names the weights, the images and the number of seeds.
        norms: network, depth, variant, position, numel, log10_norm, fitted.
        growth: growth of the same networks: network, variant, factor, factor_low, factor_high, and exponent: if a power
            of depth describes growth better than a factor per layer, its exponent, and no line is drawn; else NaN.
        theory: factor per layer of plain fully connected networks, drawn through the last fitted layer.
    """
    panels = list(norms.groupby(["network", "depth"], sort=False))
    figure = Figure(figsize=(1 + 5.5 * len(panels), 5.6), layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)
    for axes, ((network, depth), rows) in zip(grid[0], panels, strict=True):
        factors = {row.variant: row for row in typed_rows(growth[growth["network"] == network], _Factor)}
        for variant, layers in rows.groupby("variant", sort=True):
            _draw_fit(axes, layers, factors[str(variant)])
        plain = rows[rows["variant"] == "plain"].dropna(subset="fitted")
        if len(plain) and network == OF_THEORY:
            _draw_theory(axes, plain, theory)
        axes.set(title=f"{network}, depth {depth}", xlabel="layer (1: first, last: linear)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
        axes.legend(title="growth per layer towards the input", loc="upper center", bbox_to_anchor=(0.5, -0.13))
    grid[0, 0].set_ylabel("L2 norm of the weights' gradient")
    figure.suptitle(title, fontsize=13)
    figure.supxlabel("dots: means over seeds · lines: least squares, one intercept per shape of layer", fontsize=10)
    return figure


def _draw_fit(axes: Axes, layers: pd.DataFrame, row: _Factor) -> None:
    style = {"color": COLOURS[row.variant], "marker": MARKERS[row.variant], "markersize": 4}
    axes.plot(layers["position"], layers["log10_norm"], linestyle="", alpha=0.6, **style)
    fitted = math.isnan(row.exponent)
    if fitted:
        for _, shape in layers.groupby("numel"):
            axes.plot(shape["position"], shape["fitted"], color=COLOURS[row.variant])
    axes.plot([], [], linestyle="-" if fitted else "", label=f"{row.variant}: {_text(row)}", **style)


def _draw_theory(axes: Axes, plain: pd.DataFrame, theory: float) -> None:
    position, fitted = plain[["position", "fitted"]].iloc[-1]
    line = fitted + (position - plain["position"]) * math.log10(theory)
    label = f"theory of wide plain fully connected networks: factor {theory:.3f}"
    axes.plot(plain["position"], line, color=THEORY, linestyle="--", linewidth=1.2, label=label)


def _text(row: _Factor) -> str:
    if not math.isnan(row.exponent):
        return f"no one factor, but depth to the power of {row.exponent:.2f}"
    interval = "" if math.isnan(row.factor_low) else f" ({row.factor_low:.3f} to {row.factor_high:.3f})"
    return f"factor {row.factor:.3f}{interval}"
