"""Raw gradients of the first weight layer, as a run kept them at some of its steps."""

from pathlib import Path

import numpy as np

from resgrad.common.cells import Cell
from resgrad.results.runs import read_tensors


def load_snapshots(folder: Path, cell: Cell) -> dict[int, np.ndarray]:
    """Read the snapshots of one run.

    Args:
        folder: holds one folder per run, named as the cell.
        cell: the run to read.

    Returns:
        by step, in their order, the gradient of the mean loss: out x in x height x width of a convolution, out x in of
        a linear layer; float32. Nothing where ``gradients.snapshots`` is 0.

    Raises:
        RunError: the file is missing or damaged.
    """
    tensors = read_tensors(folder / cell.name / "snapshots.safetensors", cell)
    by_step = {int(name.removeprefix("step-")): gradient for name, gradient in tensors.items()}
    return dict(sorted(by_step.items()))
