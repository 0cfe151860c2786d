"""The log-rank test on the times to target, which knows of runs that never get there."""

import math

import numpy as np
import pandas as pd
from scipy import stats

PERMUTATIONS = 2000
"""Ways to deal the runs that are tried; up to six of each variant, these are all there are."""


def log_rank(times: pd.DataFrame) -> float:
    """Return the two-sided p-value of the log-rank test, plain against residual, over permutations of the runs.

    Of three against three runs it is at least 0.1: there are 20 ways to deal six runs.

    Args:
        times: of one depth, from :func:`~resgrad.comparison.targets.times_to_target`.

    Returns:
        NaN where a variant has fewer than two runs, or all runs reach the target at one step, or none does: there is
        nothing to tell apart.
    """
    samples = [np.array(rows) for rows in times.groupby("variant", sort=True).indices.values()]
    outcomes = times[["steps_to_target", "reached_target"]].drop_duplicates()
    if len(samples) < 2 or min(map(len, samples)) < 2 or len(outcomes) < 2:
        return math.nan

    def statistic(one: np.ndarray, other: np.ndarray) -> float:
        return float(stats.logrank(censored(times.iloc[one]), censored(times.iloc[other])).statistic)

    # All permutations where there are no more than that.
    test = stats.permutation_test(
        samples, statistic, n_resamples=PERMUTATIONS, vectorized=False, rng=np.random.default_rng(0)
    )
    return float(test.pvalue)


def smallest_log_rank_p(runs: int, others: int) -> float:
    """Return the smallest p-value that :func:`log_rank` can have for so many runs of the one and of the other variant.

    Of all ways to deal them, the most extreme one counts for either side.
    """
    deals = math.comb(runs + others, runs)
    return 2 / (deals if deals <= PERMUTATIONS else PERMUTATIONS + 1)


def censored(times: pd.DataFrame) -> stats.CensoredData:
    """Turn times to target into what scipy calls censored data."""
    return stats.CensoredData.right_censored(times["steps_to_target"], times["reached_target"] == 0)
