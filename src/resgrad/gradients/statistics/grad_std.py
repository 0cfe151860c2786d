"""The population standard deviation of the gradient's elements."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import Step

TYPE = pa.float64()
UNIT = "loss / weight"
MEANING = "population standard deviation of the gradient's elements"


def compute(step: Step) -> NDArray[np.float64]:
    """Return the standard deviations, with n in the denominator."""
    gradients = step.gradients
    # Two passes: the mean of squares minus the square of the mean would suffer cancellation.
    deviation = gradients.wide - gradients.spread(gradients.means)
    deviation *= deviation
    return np.sqrt(gradients.sums(deviation) / gradients.sizes)
