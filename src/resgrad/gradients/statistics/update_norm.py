"""The L2 norm of the parameter's change in a step."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resgrad.gradients.segments import Step

TYPE = pa.float64()
UNIT = "weight"
MEANING = "L2 norm of the change that the step made"


def compute(step: Step) -> NDArray[np.float64]:
    """Return the norms of the changes, which are computed in float32, as the optimiser computes its steps."""
    return step.updates.norms
