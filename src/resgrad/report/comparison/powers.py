"""Axes of logarithms, labelled with the original values."""

import math

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator


def draw_powers_of_ten(axes: Axes) -> None:
    """Label a vertical axis of log10 values with powers of ten, and end it at whole powers."""
    low, high = axes.get_ylim()
    axes.set_ylim(math.floor(low), max(math.ceil(high), math.floor(low) + 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.yaxis.set_major_formatter(lambda exponent, _: f"$10^{{{exponent:g}}}$")
