"""Degradation: by how much a deep network errs more than the shallowest of its kind and seed.

He, Zhang, Ren and Sun (2015, sections 1 and 4.1) argue from the *training* error: a deeper network could copy the
shallower one and let its other layers do nothing, so a greater training error is no overfitting but a failure to
optimise. Training error is that of the trained network on the whole training split. The slope is the least-squares line
through the errors of all depths up to this one, per ten layers. Both need two depths. What it cannot see: whether the
shallowest network is any good, and which depths between would be better. Beside the row, which compares variants,
stands a test of each variant against itself: does depth make it worse? Primary: gap in training error.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from resgrad.common.columns import DEPTH, VARIANT
from resgrad.common.tables import Column, Table
from resgrad.comparison.decision import Words, correct, decide
from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.comparison.significance import compare_pairs
from resgrad.results.runs import RUN

DEEPER = Words(positive="deeper is worse", negative="deeper is better")

DEGRADATION = Table(
    "degradation",
    "a variant and a kind of error: the deepest networks against the shallowest, within a seed",
    (
        VARIANT,
        DEPTH,
        Column("shallowest", pa.int64(), "depth that it is compared with"),
        Column("error", pa.string(), "training or test"),
        Column("n", pa.int64(), "seeds at which both depths have a value"),
        Column("difference", pa.float64(), "error of the deepest - error of the shallowest, mean over seeds"),
        Column("low", pa.float64(), "lower end of its 95 % t interval"),
        Column("high", pa.float64(), "upper end of it"),
        Column("p", pa.float64(), "two-sided, of the sign-flip test of the differences"),
        Column("p_holm", pa.float64(), "after Holm's correction for the rows of this table"),
        Column("verdict", pa.string(), "deeper is worse, deeper is better, or why neither is said"),
    ),
)


def measure(evidence: Evidence) -> pd.DataFrame:
    """Compare the errors of a variant and seed over depths.

    Returns:
        a row per run: variant, depth, seed, and for ``training_error`` and ``test_error`` the error itself, ``_gap``
        and ``_slope``; the last two NaN at the shallowest depth.
    """
    results = evidence.results
    errors = results[RUN].assign(training_error=results["train_error"], test_error=1 - results["test.accuracy"])
    errors = errors.sort_values(RUN, ignore_index=True)
    twins = errors.groupby(["variant", "seed"])
    for name in ("training_error", "test_error"):
        deeper = errors["depth"] > errors["depth"].min()
        errors[f"{name}_gap"] = (errors[name] - twins[name].transform("first")).where(deeper)
        errors[f"{name}_slope"] = 10 * _slope(errors, name)
    return errors


def degradation(measures: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Test each variant against itself: are its deepest networks worse, or better, than its shallowest?

    Args:
        measures: from :func:`measure`, or any table with its columns.
        alpha: significance level, corrected for the number of tests, two per variant.

    Returns:
        the frame of :data:`DEGRADATION`; empty if there is only one depth.
    """
    depth, shallowest = measures["depth"].max(), measures["depth"].min()
    if depth == shallowest:
        return pd.DataFrame(columns=DEGRADATION.schema.names)
    tests = pd.DataFrame(
        [
            {
                "variant": variant,
                "depth": depth,
                "shallowest": shallowest,
                "error": error,
                **compare_pairs(runs[f"{error}_error_gap"])._asdict(),
            }
            for variant, runs in measures[measures["depth"] == depth].groupby("variant", sort=True)
            for error in ("training", "test")
        ]
    )
    tests["p_holm"] = correct(tests, alpha)
    tests["verdict"] = [decide(test, tests=len(tests), alpha=alpha, words=DEEPER) for _, test in tests.iterrows()]
    return tests[DEGRADATION.schema.names]


def _slope(errors: pd.DataFrame, name: str) -> pd.Series:
    """Fit a line through the errors of all depths up to each depth."""
    slopes = pd.Series(np.nan, index=errors.index)
    for _, runs in errors.groupby(["variant", "seed"]):
        for count in range(2, len(runs) + 1):
            upto = runs.iloc[:count]
            slopes[upto.index[-1]] = np.polyfit(upto["depth"], upto[name], 1)[0]
    return slopes


_PANELS = tuple(
    Panel("by_depth", column=f"{which}_error", title=f"{which.title()} error: lower is better", label=f"{which} error")
    for which in ("training", "test")
)

ROW = Row(
    place=5,
    title="depth handling",
    measures=(
        Measure("training_error_gap", "training error above the shallowest network's", "lower", "+.3f"),
        Measure("training_error", "training error", "lower"),
        Measure("training_error_slope", "training error, slope per 10 layers", "lower", "+.4f"),
        Measure("test_error_gap", "test error above the shallowest network's", "lower", "+.3f"),
        Measure("test_error", "test error", "lower"),
        Measure("test_error_slope", "test error, slope per 10 layers", "lower", "+.4f"),
    ),
    measure=measure,
    definition=__doc__,
    overview=_PANELS[0],
    heading="Depth handling",
    panels=_PANELS,
    figure="depth handling",
    key="dots: runs · lines: means over seeds · hollow: diverged, counted as guessing · rising: degradation",
    tables={DEGRADATION: lambda evidence: degradation(measure(evidence), evidence.alpha)},
    needs_depths=True,
)
