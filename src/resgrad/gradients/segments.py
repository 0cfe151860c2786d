"""Many tensors end to end in one flat array, and quantities that several statistics share, each computed once.

One pass over a flat array costs only its arithmetic; with a pass per tensor, each would cost a synchronisation on an
accelerator and a dozen Python calls anywhere.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

EXPONENTS = 256
"""Values of the exponent field of a float32 (IEEE 754)."""

BIAS = 127
"""Value e of the exponent field stands for magnitudes from 2^(e - 127) to twice that, except that 0 stands for zero and
subnormal numbers, and 255 for NaN and infinity."""


class Layout:
    """Where each tensor lies in the flat array: prepared once, used at every recorded step."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Prepare for tensors of these sizes (numbers of elements, each at least 1), in this order."""
        self.sizes = np.asarray(sizes)
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.rows = np.repeat(np.arange(len(sizes)) * EXPONENTS, self.sizes)


class Segments:
    """Tensors end to end.

    Sums are accumulated in float64, so that a norm of 1e-25, whose square underflows float32, comes out as 1e-25. NaN
    and infinity propagate as usual: a tensor that contains one has a non-finite norm.

    All statistics share the values of the properties: none may change them in place.

    Attributes:
        flat: all elements, float32.
        sizes: number of elements of each tensor.
    """

    def __init__(self, layout: Layout, flat: NDArray[np.float32]) -> None:
        self.flat = flat
        self.sizes = layout.sizes
        self._layout = layout

    def sums(self, values: NDArray, dtype: type | None = None) -> NDArray:
        """Return, for each tensor, the sum of a value per element."""
        return np.add.reduceat(values, self._layout.starts, dtype=dtype)

    def largest(self, values: NDArray) -> NDArray:
        """Return, for each tensor, the largest of a value per element; NaN if one of them is NaN."""
        return np.maximum.reduceat(values, self._layout.starts)

    def spread(self, values: NDArray) -> NDArray:
        """Return, for each element, the value of its tensor."""
        return np.repeat(values, self.sizes)

    @cached_property
    def wide(self) -> NDArray[np.float64]:
        """All elements, in float64."""
        return self.flat.astype(np.float64)

    @cached_property
    def norms(self) -> NDArray[np.float64]:
        """L2 norm of each tensor."""
        return np.sqrt(self.sums(self.wide * self.wide))

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """Mean of each tensor."""
        return self.sums(self.wide) / self.sizes

    @cached_property
    def zeros(self) -> NDArray[np.int64]:
        """Number of elements of each tensor that are exactly zero."""
        return self.sums(self.flat == 0, np.int64)

    @cached_property
    def exponents(self) -> NDArray[np.int64]:
        """Number of elements of each tensor by the value of their exponent field (tensors x :data:`EXPONENTS`)."""
        fields = self.flat.view(np.int32) >> 23
        fields &= EXPONENTS - 1
        counts = np.bincount(self._layout.rows + fields, minlength=EXPONENTS * len(self.sizes))
        return counts.reshape(-1, EXPONENTS)


class Step:
    """Consecutive parameter tensors in one backward pass and the optimiser's step after it.

    Attributes:
        gradients: the gradients of the mean loss, before clipping and weight decay.
        weights: the parameters before the step.
    """

    def __init__(
        self,
        layout: Layout,
        gradients: NDArray[np.float32],
        weights: NDArray[np.float32],
        moved: NDArray[np.float32] | None = None,
    ) -> None:
        """Take flat arrays; ``moved`` holds the parameters after the step, None if no step was taken."""
        self.gradients = Segments(layout, gradients)
        self.weights = Segments(layout, weights)
        self._layout = layout
        self._moved = moved

    @cached_property
    def updates(self) -> Segments:
        """The changes of the parameters in this step.

        Raises:
            ValueError: no step was taken.
        """
        if self._moved is None:
            raise ValueError("There is no update: the gradient was computed, but no step was taken.")
        return Segments(self._layout, self._moved - self.weights.flat)
