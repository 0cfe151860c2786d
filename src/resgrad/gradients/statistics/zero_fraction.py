"""The share of the gradient's elements that are exactly zero."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import Step

TYPE = pa.float64()
UNIT = "share"
MEANING = "share of the gradient's elements that are exactly zero, in [0, 1]"


def compute(step: Step) -> NDArray[np.float64]:
    """Return the shares; NaN and infinite elements count in the denominator."""
    return step.gradients.zeros / step.gradients.sizes
