"""The histogram of the magnitudes of the gradient's elements over powers of two."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import BIAS, Step

LOWEST_EXPONENT = -100
BINS = 128
"""There is a bin for each power of two: bin b counts 2^(b-100) <= |g| < 2^(b-99).

The first bin also holds everything smaller, the last (from 2^27) everything larger; zeros and non-finite values are
in none.
"""

TYPE = pa.list_(pa.int32(), BINS)
UNIT = "elements"
MEANING = (
    "counts of the gradient's elements g per power of two: bin b, from 0, holds 2^(b-100) <= |g| < 2^(b-99), the first "
    "one also all that is smaller, the last all that is larger; zeros and what is not finite are in none"
)


def compute(step: Step) -> NDArray[np.int32]:
    """Return the counts (tensors x :data:`BINS`), folded from the counts by exponent field."""
    counts = step.gradients.exponents
    first = LOWEST_EXPONENT + BIAS
    last = first + BINS - 1
    folded = counts[:, first : last + 1].astype(np.int32)
    # Field 0 holds zeros and subnormal numbers.
    folded[:, 0] += (counts[:, :first].sum(axis=1) - step.gradients.zeros).astype(np.int32)
    folded[:, -1] += counts[:, last + 1 : -1].sum(axis=1, dtype=np.int32)
    return folded
