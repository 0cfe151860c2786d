"""The L2 norm of the parameter."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import Step

TYPE = pa.float64()
UNIT = "weight"
MEANING = "L2 norm of the parameter before the step"


def compute(step: Step) -> NDArray[np.float64]:
    """Return the norms."""
    return step.weights.norms
