"""Between which signals gradients are healthy."""

from typing import NamedTuple


class Thresholds(NamedTuple):
    """log10 of the signals at which verdicts change: below the one gradients vanish, above the other they explode."""

    vanishing: float
    exploding: float
