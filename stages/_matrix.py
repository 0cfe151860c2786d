"""What the stages that look at all runs of a dataset have in common."""

import argparse
from collections.abc import Callable
from typing import Any

from resgrad.common.cells import Matrix
from resgrad.common.config import DatasetName, load
from stages._run import run


def load_matrix(parameters: dict[str, Any]) -> Matrix:
    """Validate the lists of params.yaml that make up the matrix, and nothing else."""
    return load(Matrix, {name: parameters[name] for name in Matrix.model_fields if name in parameters})


def run_on_dataset(stage: Callable[[DatasetName], None], description: str | None) -> None:
    """Run a stage on the dataset that the command line names."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("dataset")
    dataset = parser.parse_args().dataset
    run(lambda: stage(dataset))
