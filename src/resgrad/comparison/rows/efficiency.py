"""Steps, and epochs, until the validation accuracy first reaches a target.

Validation follows every epoch, so a time is known to an epoch. A run that never gets there, diverged ones among them,
is censored, not dropped: it counts with the whole budget, the steps of the longest run. The mean is then the restricted
mean survival time (Royston and Parmar 2013); where one twin alone gets there, the two lie further apart than shown. The
log-rank test (Mantel 1966) compares the same times without their pairing; its p-value is that of permuted runs, since
the usual one, for many runs, comes out too small for a few. Primary: steps to target.
"""

import math

import numpy as np
import pandas as pd
from scipy import stats

from resgrad.comparison.rows.row import Measure, Row
from resgrad.results.runs import RUN, Run

PERMUTATIONS = 2000
"""Ways to deal the runs that are tried; up to six of each variant, these are all there are."""

ROW = Row(
    "efficiency",
    "training efficiency",
    (
        Measure("steps_to_target", "steps to target", "lower", ".0f"),
        Measure("epochs_to_target", "epochs to target", "lower", ".1f"),
        Measure("reached_target", "share of runs that reach the target", "higher", ".2f"),
    ),
    __doc__,
)


def measure(runs: list[Run], target: float) -> pd.DataFrame:
    """Find when each run first reaches a validation accuracy.

    Args:
        runs: of one dataset, trained for the same number of epochs.
        target: the accuracy.

    Returns:
        a row per run: variant, depth, seed, steps_to_target, epochs_to_target (those of the longest run where it is
        not reached), reached_target (1 or 0).
    """
    budget = {"step": max(run.steps for run in runs), "epoch": max(run.epochs for run in runs)}
    return pd.DataFrame([_measure(run, target, budget) for run in runs])


def log_rank(times: pd.DataFrame) -> float:
    """Return the two-sided p-value of the log-rank test, plain against residual, over permutations of the runs.

    Of three against three runs it is at least 0.1: there are 20 ways to deal six runs.

    Args:
        times: of one depth, from :func:`measure`.

    Returns:
        NaN where a variant has no run, or all runs reach the target at one step, or none does: there is nothing to
        tell apart.
    """
    samples = [np.array(rows) for rows in times.groupby("variant", sort=True).indices.values()]
    if len(samples) < 2 or len(times[["steps_to_target", "reached_target"]].drop_duplicates()) < 2:
        return math.nan

    def statistic(*dealt: np.ndarray) -> float:
        return stats.logrank(*(_censored(times.iloc[rows]) for rows in dealt)).statistic

    # All permutations where there are no more than that.
    test = stats.permutation_test(
        samples, statistic, n_resamples=PERMUTATIONS, vectorized=False, rng=np.random.default_rng(0)
    )
    return float(test.pvalue)


def share_at_target(times: pd.DataFrame) -> pd.DataFrame:
    """Follow the share of runs that have reached the target: one less Kaplan and Meier's estimate (1958).

    Args:
        times: from :func:`measure`.

    Returns:
        a row per variant, depth and step at which the share changes, from step 0 on: variant, depth, step, share; the
        last row is at the greatest time.
    """
    curves = []
    for (variant, depth), runs in times.groupby(["variant", "depth"], sort=True):
        survival = stats.ecdf(_censored(runs)).sf
        steps = np.append(0, survival.quantiles)
        share = np.append(0, 1 - survival.probabilities)
        curves.append(pd.DataFrame({"variant": variant, "depth": depth, "step": steps, "share": share}))
    return pd.concat(curves, ignore_index=True)


def _measure(run: Run, target: float, budget: dict[str, int]) -> dict[str, float]:
    reached = run.history[run.history["validation_accuracy"] >= target]
    when = budget if reached.empty else reached.iloc[0]
    return {name: getattr(run.cell, name) for name in RUN} | {
        "steps_to_target": int(when["step"]),
        "epochs_to_target": int(when["epoch"]),
        "reached_target": int(not reached.empty),
    }


def _censored(times: pd.DataFrame) -> stats.CensoredData:
    return stats.CensoredData.right_censored(times["steps_to_target"], times["reached_target"] == 0)
