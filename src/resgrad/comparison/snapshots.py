"""Raw gradients of the first weight layer, which a run saves at some of its steps."""

from pathlib import Path

import numpy as np

from resgrad.common.cells import Cell
from resgrad.results.runs import read_tensors


def load_snapshots(folder: Path, cell: Cell) -> dict[int, np.ndarray]:
    """Read the snapshots of one run.

    Args:
        folder: holds one folder per run, with the cell's name.
        cell: the run to read.

    Returns:
        the gradient of the mean loss by step, in their order: out x in x height x width for a convolution, out x in for
        a linear layer; float32. Empty if ``gradients.snapshots`` is 0.

    Raises:
        RunError: the file is missing or damaged.
    """
    tensors = read_tensors(folder / cell.name / "snapshots.safetensors", cell)
    by_step = {int(name.removeprefix("step-")): gradient for name, gradient in tensors.items()}
    return dict(sorted(by_step.items()))
