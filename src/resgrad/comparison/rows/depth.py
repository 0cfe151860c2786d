"""Degradation: by how much a deep network errs more than the shallowest of its kind and seed.

He, Zhang, Ren and Sun (2015, sections 1 and 4.1) argue from the *training* error: a deeper network could copy the
shallower one and let its other layers do nothing, so a greater training error is no overfitting but a failure to
optimise. Training error is that of the trained network on the whole training split. The slope is the least-squares line
through the errors of all depths up to this one, per ten layers. Both need two depths. Primary: gap in training error.
"""

import numpy as np
import pandas as pd

from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.results.runs import RUN


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


def _slope(errors: pd.DataFrame, name: str) -> pd.Series:
    """Fit a line through the errors of all depths up to each one."""
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
    needs_depths=True,
)
