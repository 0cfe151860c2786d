"""What the stages that look at all runs of a dataset have in common."""

from typing import Any

from resgrad.common.cells import Matrix
from resgrad.common.config import load_part


def load_matrix(parameters: dict[str, Any]) -> Matrix:
    """Validate the lists of params.yaml that make up the matrix, and nothing else."""
    return load_part(Matrix, parameters)
