"""Confidence intervals of means."""

import numpy as np
import pandas as pd
from scipy import stats

COVERAGE = 0.95


def mean_with_interval(frame: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """Average a column, with a confidence interval from Student's t distribution.

    Args:
        frame: a row per independent observation (a network, a seed).
        by: columns whose values define a group.
        column: the column to average; NaN are left out.

    Returns:
        a row per group, sorted: the keys, n, mean (NaN at n = 0), low and high (ends of the interval that covers the
        expectation with probability :data:`COVERAGE` if observations are normal; NaN at n < 2).
    """
    summary = frame.groupby(by, sort=True)[column].agg(n="count", mean="mean", sem="sem").reset_index()
    half = summary.pop("sem") * stats.t.ppf((1 + COVERAGE) / 2, np.maximum(summary["n"] - 1, 1))
    return summary.assign(low=summary["mean"] - half, high=summary["mean"] + half)
