"""From trainings at several learning rates to measures of how little the rate matters."""

from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from resgrad.common import columns
from resgrad.common.spread import over_seeds
from resgrad.tolerance.tables import TOLERANCES

_RUN = [column.name for column in columns.RUN]


def trainings(points: list[dict[str, Any]], classes: int) -> pd.DataFrame:
    """Arrange the results of trainings as a table.

    Args:
        points: from :func:`~resgrad.tolerance.points.read_points`.
        classes: number of classes.

    Returns:
        the frame of :data:`~resgrad.tolerance.tables.TRAININGS`.
    """
    optional = {"validation_accuracy": np.nan, "best_validation_accuracy": np.nan, "train_error": np.nan}
    frame = pd.DataFrame([{**optional, "diverged_step": np.nan, **point} for point in points])
    diverged = frame.pop("diverged_step").notna()
    frame = frame.rename(columns=lambda name: name.replace("validation_", ""))
    guessing = {"accuracy": 1 / classes, "train_error": 1 - 1 / classes}
    for name, value in guessing.items():
        frame[name] = frame[name].mask(diverged, value)
    return frame.assign(rate=frame["rate"].astype(float), diverged=diverged)


def accuracy_by_rate(table: pd.DataFrame, target: float) -> pd.DataFrame:
    """Average the accuracy at each rate over seeds: the frame of :data:`~resgrad.tolerance.tables.ACCURACY_BY_RATE`."""
    by = ["variant", "depth", "rate"]
    seeds = table.groupby(by, sort=True).size()
    return over_seeds(table, by, ["accuracy"]).assign(n=seeds.to_numpy(), target=target)


def tolerances(table: pd.DataFrame, target: float) -> pd.DataFrame:
    """Measure the tolerance of every seed of every variant.

    Args:
        table: the trainings.
        target: validation accuracy at which a network counts as having learnt.

    Returns:
        the frame of :data:`~resgrad.tolerance.tables.TOLERANCES`.
    """
    rows = []
    for key, grid in table.sort_values("rate").groupby(_RUN, sort=True):
        decades, accuracy = np.log10(grid["rate"].to_numpy()), grid["accuracy"].to_numpy()
        reached = accuracy >= target
        level = mean_over(decades, accuracy), accuracy.max()
        rows.append((*key, *level, reached.mean(), widest_range(decades, reached)))
    return pd.DataFrame(rows, columns=TOLERANCES.schema.names)


def mean_over(decades: np.ndarray, accuracy: np.ndarray) -> float:
    """Return the mean accuracy over the range of a grid, interpolated linearly from one rate to the next.

    It does not depend on how densely a part of the range is sampled. With one rate, it is the accuracy there.

    Args:
        decades: log10 of the rates, increasing.
        accuracy: accuracy at each rate.
    """
    if len(decades) == 1:
        return float(accuracy[0])
    return float(np.trapezoid(accuracy, decades) / (decades[-1] - decades[0]))


def widest_range(decades: np.ndarray, reached: np.ndarray) -> float:
    """Return the width, in decades, of the widest range of neighbouring rates that all reach the target.

    It is 0 if no two neighbours do.

    Args:
        decades: log10 of the rates, increasing.
        reached: whether the target is reached at each rate.
    """
    stretches = ([place for place, _ in run] for good, run in groupby(enumerate(reached), key=lambda x: x[1]) if good)
    return max((float(decades[run[-1]] - decades[run[0]]) for run in stretches), default=0.0)


def tolerance_metrics(table: pd.DataFrame) -> dict[str, Any]:
    """Select the metrics that are compared between commits: means over seeds, and the number of seeds.

    Args:
        table: the tolerances.

    Returns:
        ``depth-56`` -> ``higher_is_better`` -> measure -> plain, residual; ``seeds`` -> plain, residual.
    """
    means = table.groupby("variant", sort=True)[TOLERANCES.schema.names[len(_RUN) :]].mean()
    seeds = table.groupby("variant", sort=True).size()
    return {f"depth-{table['depth'].iloc[0]}": {"higher_is_better": means.to_dict(), "seeds": seeds.to_dict()}}
