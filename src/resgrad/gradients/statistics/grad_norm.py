"""The L2 norm of the gradient."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import Step

TYPE = pa.float64()
UNIT = "loss / weight"
MEANING = "L2 norm of the gradient of the mean loss, before clipping and weight decay"


def compute(step: Step) -> NDArray[np.float64]:
    """Return the norms; a norm is not finite only if its gradient is not."""
    return step.gradients.norms
