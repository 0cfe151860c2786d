"""Statistics of many tensors at once, from one flat array that holds them end to end.

One pass over a flat array costs what the arithmetic costs; a pass per layer would cost a synchronisation each on an
accelerator and a dozen Python calls each anywhere.
"""

import numpy as np
from numpy.typing import NDArray

LOWEST_EXPONENT = -100
BINS = 128
"""``log2_hist`` has a bin for each power of two: bin b counts 2^(b-100) <= |g| < 2^(b-99).

The first bin also holds everything smaller, the last (from 2^27) everything larger; zeros and non-finite values are
in none, they have columns of their own.
"""


class SegmentStatistics:
    """Statistics of consecutive segments of a flat float32 array.

    Sums are taken in float64, so that a norm of 1e-25, whose square underflows float32, comes out as 1e-25. NaN and
    infinity run through the arithmetic as they do anywhere: a segment that holds one has a non-finite norm.
    """

    def __init__(self, sizes: list[int]) -> None:
        """Prepare for segments of these sizes (elements, each at least 1), in this order."""
        self.sizes = np.asarray(sizes)
        self._starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self._rows = np.repeat(np.arange(len(sizes)) * 256, self.sizes)

    def norms(self, flat: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the L2 norm of every segment."""
        wide = flat.astype(np.float64)
        return np.sqrt(np.add.reduceat(wide * wide, self._starts))

    def describe(self, flat: NDArray[np.float32]) -> dict[str, NDArray]:
        """Return, by column name, one value per segment.

        ``grad_norm`` (L2), ``grad_mean``, ``grad_std`` (population), ``grad_max`` (largest magnitude),
        ``zero_fraction`` (of all elements), ``nonfinite`` (count), ``log2_hist`` (segments x ``BINS`` counts).
        """
        wide = flat.astype(np.float64)
        mean = np.add.reduceat(wide, self._starts) / self.sizes
        # Twice through the data: the mean of squares less the square of the mean would cancel.
        deviation = wide - np.repeat(mean, self.sizes)
        counts = self._exponents(flat)
        nonfinite = counts[:, 255].copy()
        zeros = np.add.reduceat(flat == 0, self._starts, dtype=np.int64)
        counts[:, 0] -= zeros  # what is left there are denormal numbers
        return {
            "grad_norm": np.sqrt(np.add.reduceat(wide * wide, self._starts)),
            "grad_mean": mean,
            "grad_std": np.sqrt(np.add.reduceat(deviation * deviation, self._starts) / self.sizes),
            "grad_max": np.maximum.reduceat(np.abs(wide), self._starts),
            "zero_fraction": zeros / self.sizes,
            "nonfinite": nonfinite,
            "log2_hist": _fold(counts),
        }

    def _exponents(self, flat: NDArray[np.float32]) -> NDArray[np.int64]:
        """Count, per segment, the 256 values of the exponent field (IEEE 754): value e stands for 2^(e-127)."""
        fields = (flat.view(np.int32) >> 23) & 255
        return np.bincount(self._rows + fields, minlength=256 * len(self.sizes)).reshape(-1, 256)


def _fold(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Fold counts by exponent field into the bins of ``log2_hist``; field 255 (non-finite) is left out."""
    first = LOWEST_EXPONENT + 127
    last = first + BINS - 1
    folded = counts[:, first : last + 1].astype(np.int32)
    folded[:, 0] += counts[:, :first].sum(axis=1, dtype=np.int32)
    folded[:, -1] += counts[:, last + 1 : 255].sum(axis=1, dtype=np.int32)
    return folded
