"""Steps, and epochs, until the validation accuracy first reaches a target.

An epoch has ``train.evaluations_per_epoch`` evaluations, and a time is known to the stretch between two of them. A run
that never gets there, diverged ones among them, is censored, not dropped: it counts with the whole budget, the steps of
the longest run. The mean is then the restricted mean survival time (Royston and Parmar 2013); where one twin alone gets
there, the two lie further apart than shown. The log-rank test (Mantel 1966) compares the same times without their
pairing; its p-value is that of permuted runs, since the usual one, for many runs, comes out too small for a few. What
it cannot see: anything after the target, how steep the way there was, and a learning rate that suits one twin better
than the other. Primary: steps to target.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from resgrad.common.columns import DEPTH, STEP, VARIANT
from resgrad.common.tables import Column, Table
from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.comparison.survival import censored

SHARES = Table(
    "shares",
    "a step at which the share of runs that have reached the target changes, of a variant and depth",
    (VARIANT, DEPTH, STEP, Column("share", pa.float64(), "of the runs that have reached the target by then")),
)


def measure(evidence: Evidence) -> pd.DataFrame:
    """Return the table of :func:`~resgrad.comparison.targets.times_to_target`."""
    return evidence.times


def share_at_target(evidence: Evidence) -> pd.DataFrame:
    """Return the share of runs that have reached the target by step: 1 - the Kaplan-Meier estimate (1958).

    Returns:
        a row per variant, depth and step at which the share changes, from step 0 on: variant, depth, step, share; the
        last row is at the greatest time.
    """
    curves = []
    for (variant, depth), runs in evidence.times.groupby(["variant", "depth"], sort=True):
        survival = stats.ecdf(censored(runs)).sf
        steps = np.append(0, survival.quantiles)
        share = np.append(0, 1 - survival.probabilities)
        curves.append(pd.DataFrame({"variant": variant, "depth": depth, "step": steps, "share": share}))
    return pd.concat(curves, ignore_index=True)


ROW = Row(
    place=1,
    title="training efficiency",
    measures=(
        Measure("steps_to_target", "steps to target", "lower", ".0f"),
        Measure("epochs_to_target", "epochs to target", "lower", ".2f"),
        Measure("reached_target", "share of runs that reach the target", "higher", ".2f", published=True),
    ),
    measure=measure,
    definition=__doc__,
    overview=Panel("share_by_step", table="shares", label="runs at {target:.0%} validation accuracy"),
    heading="Training efficiency at depth {depth}",
    figure="training efficiency",
    key="steps up: runs that reach the target · a bar at the end: runs that never do",
    tables={SHARES: share_at_target},
)
