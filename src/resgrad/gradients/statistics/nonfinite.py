"""How many of the gradient's elements are NaN or infinite."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import Step

TYPE = pa.int64()
UNIT = "elements"
MEANING = "count of the gradient's elements that are NaN or infinite"


def compute(step: Step) -> NDArray[np.int64]:
    """Return the counts: these elements, and no others, have the largest value of the exponent field."""
    return step.gradients.exponents[:, -1]
