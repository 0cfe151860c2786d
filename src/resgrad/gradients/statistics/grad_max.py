"""The largest magnitude among the gradient's elements."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import Step

TYPE = pa.float64()
UNIT = "loss / weight"
MEANING = "largest magnitude of the gradient's elements"


def compute(step: Step) -> NDArray[np.float64]:
    """Return the largest magnitudes; NaN where an element is NaN."""
    return step.gradients.largest(np.abs(step.gradients.wide))
