"""Mean and spread over seeds."""

import math
from collections.abc import Iterable

import pandas as pd


def spread(values: Iterable[float]) -> dict[str, float]:
    """Summarise some values; NaN are left out.

    Returns:
        n, mean (if n is at least 1) and sd (if n is at least 2), the standard deviation with n - 1 in the denominator.
    """
    finite = pd.Series(list(values), dtype=float).dropna()
    summary = {"n": len(finite), "mean": finite.mean(), "sd": finite.std(ddof=1)}
    return {name: value for name, value in summary.items() if not math.isnan(value)}


def over_seeds(frame: pd.DataFrame, by: list[str], columns: list[str]) -> pd.DataFrame:
    """Average columns over seeds.

    Returns:
        a row per group, sorted: the keys, and for each column its mean under its own name and its smallest and largest
        value under ``<name>_min`` and ``<name>_max``; NaN are left out, and a group with nothing else is NaN.
    """
    groups = frame.groupby(by, sort=True)
    ends = {"": "mean", "_min": "min", "_max": "max"}
    return groups.agg(**{column + end: (column, how) for column in columns for end, how in ends.items()}).reset_index()
