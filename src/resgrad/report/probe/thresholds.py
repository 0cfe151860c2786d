"""The signals between which gradients are healthy."""

from typing import NamedTuple


class Thresholds(NamedTuple):
    """log10 of the signals at which verdicts change: gradients vanish below the first and explode above the second."""

    vanishing: float
    exploding: float
