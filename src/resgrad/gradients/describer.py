"""Compute the chosen statistics of many tensors, piece by piece."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from resgrad.gradients.segments import Layout, Step
from resgrad.gradients.statistics import load

PIECE = 1 << 16
"""Elements described at once, about: float64 copies of so many stay in a processor's cache and reuse the same memory.
A tensor is never cut, so the choice of the cuts changes no value."""


class Describer:
    """Describes tensors of the same sizes repeatedly."""

    def __init__(self, statistics: Sequence[str], sizes: Sequence[int]) -> None:
        """Load the statistics and lay out the pieces.

        Args:
            statistics: names of modules of :mod:`resgrad.gradients.statistics`.
            sizes: number of elements of each tensor, at least 1.

        Raises:
            ParameterError: there is no such statistic, or it is named twice.
        """
        self._statistics = load(statistics)
        ends = np.cumsum(sizes)
        pieces = max(round(ends[-1] / PIECE), 1)
        cuts = np.flatnonzero(np.diff((ends - 1) * pieces // ends[-1])) + 1
        bounds = [0, *cuts, len(sizes)]
        offsets = np.concatenate([[0], ends])
        self._pieces = [
            (slice(offsets[first], offsets[end]), Layout(sizes[first:end])) for first, end in pairwise(bounds)
        ]

    def describe(
        self,
        gradients: NDArray[np.float32],
        weights: NDArray[np.float32],
        moved: NDArray[np.float32] | None = None,
    ) -> dict[str, NDArray]:
        """Describe one backward pass, and the step after it.

        Args:
            gradients: the gradients of all tensors, end to end.
            weights: the parameters before the step, likewise.
            moved: the parameters after it, likewise; None if no step was taken.

        Returns:
            for each statistic, in the order chosen, a value (or a row of values) per tensor.

        Raises:
            ValueError: a statistic returned another number of values, or needs a step that was not taken.
        """
        values: dict[str, list[NDArray]] = {statistic.column.name: [] for statistic in self._statistics}
        # A diverged run is a result, not a reason for a warning about NaN or infinity.
        with np.errstate(invalid="ignore", over="ignore"):
            for where, layout in self._pieces:
                step = Step(layout, gradients[where], weights[where], None if moved is None else moved[where])
                for column, compute in self._statistics:
                    of_piece = compute(step)
                    if len(of_piece) != len(layout.sizes):
                        raise ValueError(
                            f"The statistic {column.name} returned {len(of_piece)} values for {len(layout.sizes)} "
                            "tensors."
                        )
                    values[column.name].append(of_piece)
        return {name: np.concatenate(pieces) for name, pieces in values.items()}
