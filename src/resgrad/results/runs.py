"""Read the results of a dataset's trainings."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import parquet
from safetensors import SafetensorError
from safetensors.numpy import load_file

from resgrad.common.cells import Cell
from resgrad.common.errors import ResgradError

RUN = ["variant", "depth", "seed"]
"""Columns that name a run of a dataset."""

EVALUATIONS = ["step", "validation_loss", "validation_accuracy"]
HISTORY = ["epoch", "step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]


class RunError(ResgradError):
    """A run is missing, damaged, or does not belong with the others."""


@dataclass(frozen=True)
class Run:
    """One finished training.

    Attributes:
        cell: the run.
        provenance: kind of its data: embedded, official or custom.
        classes: names, in the order of the labels.
        epochs: passes over the training images that it began; fewer than its twin's if it diverged.
        steps: optimiser steps taken; likewise.
        flops_per_image: operations of one forward and one backward pass, in convolutions and matrix products, with a
            multiply-add as two.
        activation_bytes_per_image: memory that the forward pass keeps for the backward pass.
        diverged: whether the loss became non-finite.
        train_loss: on the training images after the last step; NaN if it was not finite.
        train_accuracy: likewise.
        history: a row per epoch: epoch, step (the last one), train_loss, train_accuracy, validation_loss,
            validation_accuracy; NaN where a value was not finite.
        evaluations: a row per evaluation on the validation images, at least one per epoch: step (the last one before
            it), validation_loss, validation_accuracy; likewise.
        losses: loss of every step's batch, in nats; NaN or infinite where it was.
        predictions: a row per validation and test image: id, split, label, predicted, prob_0, prob_1, ...
    """

    cell: Cell
    provenance: str
    classes: tuple[str, ...]
    epochs: int
    steps: int
    flops_per_image: int
    activation_bytes_per_image: int
    diverged: bool
    train_loss: float
    train_accuracy: float
    history: pd.DataFrame
    evaluations: pd.DataFrame
    losses: np.ndarray
    predictions: pd.DataFrame

    @property
    def chance(self) -> float:
        """Accuracy of guessing, which is by definition the accuracy of a diverged run."""
        return 1 / len(self.classes)


def load_runs(folder: Path, cells: Iterable[Cell]) -> list[Run]:
    """Read the runs of one dataset, in the order of ``cells``.

    Args:
        folder: holds one folder per run, with the cell's name.
        cells: the runs that must exist; anything else in the folder is ignored.

    Raises:
        RunError: a run is missing or damaged, or the runs were made from different data.
    """
    runs = [_load(folder / cell.name, cell) for cell in cells]
    for what in ("provenance", "classes"):
        first, *others = (getattr(run, what) for run in runs)
        if any(other != first for other in others):
            raise RunError(f"The runs in {folder} differ in their {what}; `dvc repro` brings them up to date.")
    return runs


def read_json(path: Path, cell: Cell) -> Any:
    """Read a JSON file that the training of ``cell`` wrote.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise _unusable(path, cell, error) from None


def read_table(path: Path, cell: Cell, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file, or some of its columns, that the training of ``cell`` wrote.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        with parquet.ParquetFile(path) as file:
            return file.read(columns=columns).to_pandas()
    except (FileNotFoundError, ValueError) as error:
        raise _unusable(path, cell, error) from None


def read_tensors(path: Path, cell: Cell) -> dict[str, np.ndarray]:
    """Read a safetensors file that the training of ``cell`` wrote.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        return load_file(path)
    except (FileNotFoundError, SafetensorError) as error:
        raise _unusable(path, cell, error) from None


def _load(folder: Path, cell: Cell) -> Run:
    record = read_json(folder / "run.json", cell)
    history = pd.DataFrame(read_json(folder / "history.json", cell)).reindex(columns=HISTORY)
    evaluations = pd.DataFrame(read_json(folder / "evaluations.json", cell)).reindex(columns=EVALUATIONS)
    return Run(
        cell=cell,
        provenance=record["provenance"],
        classes=tuple(record["classes"]),
        epochs=record["epochs"],
        steps=record["steps"],
        flops_per_image=record["flops_per_image"],
        activation_bytes_per_image=record["activation_bytes_per_image"],
        diverged="diverged_step" in record,
        train_loss=record.get("train_loss", np.nan),
        train_accuracy=record.get("train_accuracy", np.nan),
        history=history,
        evaluations=evaluations,
        losses=read_table(folder / "steps.parquet", cell, ["loss"])["loss"].to_numpy(),
        predictions=read_table(folder / "predictions.parquet", cell),
    )


def _unusable(path: Path, cell: Cell, error: Exception) -> RunError:
    what = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
    return RunError(f"{path} {what}; `dvc repro train@{cell.dataset}-{cell.name}` brings it back.")
