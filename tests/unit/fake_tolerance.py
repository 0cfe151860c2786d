"""Trainings at several learning rates, and their tables, without any training."""

from pathlib import Path

import pandas as pd

from resgrad.tolerance.measure import accuracy_by_rate, tolerances, trainings
from resgrad.tolerance.tables import ACCURACY_BY_RATE, TOLERANCES

RATES = (0.01, 0.1, 1.0)


def point(variant: str, rate: float, accuracy: float | None, *, seed: int = 0, depth: int = 56) -> dict:
    """Return the result of a training; without an accuracy, of one that diverged."""
    of = {"variant": variant, "depth": depth, "rate": rate, "seed": seed, "best_validation_accuracy": 0.95}
    ended = {"diverged_step": 9} if accuracy is None else {"validation_accuracy": accuracy, "train_error": 1 - accuracy}
    return of | ended


def grid(variant: str, *accuracies: float | None, rates: tuple[float, ...] = RATES, **of: int) -> list[dict]:
    """Return the results of a seed's trainings, with an accuracy per rate."""
    return [point(variant, rate, accuracy, **of) for rate, accuracy in zip(rates, accuracies, strict=True)]


def table(*grids: list[dict]) -> pd.DataFrame:
    """Return the table of trainings of a dataset of four classes."""
    return trainings([point for points in grids for point in points], classes=4)


def write_tolerance(root: Path, dataset: str, depth: int, seeds: list[int], target: float) -> None:
    """Write the tables that the comparison reads: plain networks learn little at any rate, residual ones much."""
    of = table(
        *(grid("plain", 0.3, 0.4, 0.25, depth=depth, seed=seed) for seed in seeds),
        *(grid("residual", 0.8, 0.9 + 0.01 * seed, None, depth=depth, seed=seed) for seed in seeds),
    )
    folder = root / "data/tolerance" / dataset
    folder.mkdir(parents=True)
    TOLERANCES.write(folder / "tolerances.parquet", tolerances(of, target))
    ACCURACY_BY_RATE.write(folder / "accuracy_by_rate.parquet", accuracy_by_rate(of, target))
