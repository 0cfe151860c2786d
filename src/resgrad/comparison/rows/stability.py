"""How steadily the loss of the training batches falls.

The trend of the log loss is Cleveland's locally weighted regression (1979), which outliers do not bend. A step is a
*loss spike* if its loss lies more than seven robust standard deviations above the trend. Seven is the threshold of the
spike score (Team OLMo and others 2024); in place of its rolling mean and deviation stand robust ones, since runs are
short: the deviation is 1.4826 x the median distance from the trend (Rousseeuw and Croux 1993) in a window as wide as
the trend's. Logarithms, because batch losses are positive and skewed. A step is *unsteady* if it is a spike, or if it
was lost because the run had diverged: so a diverged run has a value, and a bad one. The variance of the log loss about
its trend stands beside it and decides nothing: it grows as the loss falls, so a network that learns nothing has the
least of it. Primary: share of unsteady steps.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
from statsmodels.nonparametric.smoothers_lowess import lowess

from resgrad.common.columns import RUN as RUN_COLUMNS
from resgrad.common.columns import STEP
from resgrad.common.tables import Column, Table
from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.results.runs import RUN, Run

SPAN = 0.2
"""Share of the steps in the window of a local estimate."""

FEWEST = 60
"""Steps from which a trend can be told from what lies about it: of shorter runs of mere noise, more than one in fifty
would have a spike."""

SPIKE = 7.0
"""Robust standard deviations above the trend from which on a loss is a spike."""

RESOLUTION = float(np.finfo(np.float32).eps)
"""A loss, or a relative difference of two, that is smaller than this is rounding of float32."""

LOSSES = Table(
    "losses",
    "a training step of a run, up to the first loss that is not finite",
    (
        *RUN_COLUMNS,
        STEP,
        Column("loss", pa.float64(), "mean cross-entropy of the batch", "nats"),
        Column("trend", pa.float64(), "of the loss; NaN where the run is too short for one", "nats"),
        Column("spike", pa.bool_(), "whether the loss is a spike above the trend"),
    ),
)


def measure(evidence: Evidence) -> pd.DataFrame:
    """Measure how steadily each run trained.

    Returns:
        a row per run: variant, depth, seed, unsteady_steps (share of the longest run's steps), loss_spikes (count),
        loss_variance_log10 (NaN where a run has too few finite losses, or losses of no variance), diverged (1 or 0).
    """
    budget = max(run.steps for run in evidence.runs)
    return pd.DataFrame([_measure(run, budget) for run in evidence.runs])


def losses(evidence: Evidence) -> pd.DataFrame:
    """Follow the loss and its trend from step to step.

    Returns:
        a row per run and step: variant, depth, seed, and what :func:`loss_and_trend` returns.
    """
    runs = evidence.runs
    tables = [loss_and_trend(run.losses).assign(**{name: getattr(run.cell, name) for name in RUN}) for run in runs]
    return pd.concat(tables, ignore_index=True)


def loss_and_trend(losses: np.ndarray) -> pd.DataFrame:
    """Tell the trend of a run's loss from its spikes.

    Args:
        losses: of every step, in nats.

    Returns:
        a row per step before the first loss that is not finite: step, loss (at least :data:`RESOLUTION`), trend (nats;
        NaN if there are fewer than :data:`FEWEST` steps), spike (bool).
    """
    finite = np.isfinite(losses)
    loss = np.maximum(losses[: len(losses) if finite.all() else finite.argmin()], RESOLUTION)
    steps = np.arange(len(loss))
    if len(loss) < FEWEST:
        return pd.DataFrame({"step": steps, "loss": loss, "trend": np.nan, "spike": False})
    logarithm = np.log(loss)
    # delta: fit at 200 places at most and draw lines between, or long runs would take minutes.
    trend = lowess(logarithm, steps, frac=SPAN, delta=len(loss) / 200, return_sorted=False)
    above = logarithm - trend
    window = round(SPAN * len(loss))
    deviation = 1.4826 * pd.Series(np.abs(above)).rolling(window, center=True, min_periods=1).median().to_numpy()
    return pd.DataFrame(
        {
            "step": steps,
            "loss": loss,
            "trend": np.exp(trend),
            "spike": above > np.maximum(SPIKE * deviation, RESOLUTION),
        }
    )


def _measure(run: Run, budget: int) -> dict[str, str | float]:
    table = loss_and_trend(run.losses)
    spikes = int(table["spike"].sum())
    variance = np.log(table["loss"] / table["trend"]).var(ddof=1)
    return {
        **{name: getattr(run.cell, name) for name in RUN},
        "unsteady_steps": (spikes + budget - len(table)) / budget,
        "loss_spikes": spikes,
        "loss_variance_log10": np.log10(variance) if variance > RESOLUTION**2 else np.nan,
        "diverged": int(run.diverged),
    }


ROW = Row(
    place=6,
    title="training stability",
    measures=(
        Measure("unsteady_steps", "share of unsteady steps", "lower", ".2%"),
        Measure("loss_spikes", "loss spikes per run", "lower", ".2f"),
        Measure("loss_variance_log10", "log10 variance of the log loss about its trend", "lower", "+.2f"),
        Measure("diverged", "share of runs that diverge", "lower", ".2f", published=True),
    ),
    measure=measure,
    definition=__doc__,
    overview=Panel("losses", table="losses", label="loss of the batch (nats)"),
    heading="Training stability at depth {depth}",
    figure="training stability",
    key="pale: loss of every batch, a line per seed · dark: its trend · crosses: spikes · "
    "a line that ends early: diverged",
    tables={LOSSES: losses},
)
