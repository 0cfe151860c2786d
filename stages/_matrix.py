"""The code shared by the stages that read all runs of a dataset."""

from typing import Any

from resgrad.common.cells import Matrix
from resgrad.common.config import load_part


def load_matrix(parameters: dict[str, Any]) -> Matrix:
    """Validate only the lists of params.yaml that define the matrix."""
    return load_part(Matrix, parameters)
