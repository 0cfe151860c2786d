"""The log-rank test on the times to target, which takes runs that never reach it into account."""

import math

import numpy as np
import pandas as pd
from scipy import stats

PERMUTATIONS = 2000
"""Maximum number of permutations tried; with up to six runs of each variant all of them are."""


def log_rank(times: pd.DataFrame) -> float:
    """Return the two-sided p-value of the log-rank test, plain against residual, over permutations of the runs.

    With three against three runs it is at least 0.1: there are 20 ways to assign six runs to the variants.

    Args:
        times: from :func:`~resgrad.comparison.targets.times_to_target`, of one depth; runs without a time are ignored.

    Returns:
        NaN if a variant has fewer than two runs, or if all runs reach the target at the same step, or none does.
    """
    times = times.dropna(subset=["steps_to_target", "reached_target"])
    samples = [np.array(rows) for rows in times.groupby("variant", sort=True).indices.values()]
    # These columns alone: rows are taken thousands of times.
    outcomes = times[["steps_to_target", "reached_target"]]
    if len(samples) < 2 or min(map(len, samples)) < 2 or len(outcomes.drop_duplicates()) < 2:
        return math.nan

    def statistic(one: np.ndarray, other: np.ndarray) -> float:
        return float(stats.logrank(censored(outcomes.iloc[one]), censored(outcomes.iloc[other])).statistic)

    # All permutations if there are no more than that.
    test = stats.permutation_test(
        samples, statistic, n_resamples=PERMUTATIONS, vectorized=False, rng=np.random.default_rng(0)
    )
    return float(test.pvalue)


def smallest_log_rank_p(runs: int, others: int) -> float:
    """Return the smallest p-value that :func:`log_rank` can have for these numbers of runs of the two variants.

    Of all permutations, the most extreme one counts once for each side.
    """
    deals = math.comb(runs + others, runs)
    return 2 / (deals if deals <= PERMUTATIONS else PERMUTATIONS + 1)


def censored(times: pd.DataFrame) -> stats.CensoredData:
    """Turn times to target into scipy's censored data."""
    return stats.CensoredData.right_censored(times["steps_to_target"], times["reached_target"] == 0)
