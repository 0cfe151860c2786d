"""How little the learning rate matters, and how steadily the loss of the training batches falls.

Networks are trained at learning rates that lie decades apart, as ``tolerance`` in params.yaml says, with seeds of their
own and all else as in the runs; no test image is looked at. The validation accuracy after the last step, that of
guessing where a training diverged, is averaged over the logarithm of the rate, from the smallest to the largest, on
straight lines from one rate to the next: what to expect of a rate that is drawn blindly from that range. What it cannot
see is how choosy a network is apart from how high it gets, nor any rate outside the range or any other budget. By how
much the best rate is ahead of that mean is choosiness alone, in accuracy what the learning-rate sensitivity of
Wortsman and others (2023) is in loss; a network that learns nothing at any rate has none. So the accuracy at the best
rate stands beside it: the best of several, and chosen on the same images, it is a little too high for both twins. So do
the share of the rates at which the target is reached, and the widest range of neighbouring ones that all reach it.

Steadiness is measured on the runs. The trend of the log loss is Cleveland's locally weighted regression (1979), which
outliers do not bend. A step is a *loss spike* if its loss lies more than seven robust standard deviations above the
trend. Seven is the threshold of the spike score (Team OLMo and others 2024); in place of its rolling mean and deviation
stand robust ones, since runs are short: the deviation is 1.4826 x the median distance from the trend (Rousseeuw and
Croux 1993) in a window as wide as the trend's. Logarithms, because batch losses are positive and skewed. A step is
*unsteady* if it is a spike, or if it was lost because the run had diverged: so a diverged run has a value, and a bad
one. Where nothing goes wrong no step is unsteady, and the share of unsteady steps tells nothing apart. The variance of
the log loss about its trend decides nothing either: it grows as the loss falls, so a network that learns nothing has
the least of it. Primary: mean accuracy over learning rates.
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
from resgrad.tolerance.tables import ACCURACY_BY_RATE

SPAN = 0.2
"""Share of the steps in the window of a local estimate."""

FEWEST = 60
"""Steps needed to separate the trend from the noise: of shorter runs of pure noise, more than one in fifty would have a
spike."""

SPIKE = 7.0
"""Threshold of a loss spike, in robust standard deviations above the trend."""

RESOLUTION = float(np.finfo(np.float32).eps)
"""A loss, or a relative difference of losses, below this is a rounding error of float32."""

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
    """Measure how steadily each run trained, and how little the learning rate matters.

    Returns:
        a row per run, and per seed of the trainings at several rates: variant, depth, seed, the columns of the table of
        tolerances, unsteady_steps (share of the longest run's steps), loss_spikes (count), loss_variance_log10 (NaN if
        a run has too few finite losses, or losses without variance), diverged (1 or 0).
    """
    budget = max(run.steps for run in evidence.runs)
    steadiness = pd.DataFrame([_measure(run, budget) for run in evidence.runs])
    return evidence.tolerances.merge(steadiness, on=RUN, how="outer", validate="one_to_one")


def losses(evidence: Evidence) -> pd.DataFrame:
    """Return the loss and its trend by step.

    Returns:
        a row per run and step: variant, depth, seed, and the columns of :func:`loss_and_trend`.
    """
    runs = evidence.runs
    tables = [loss_and_trend(run.losses).assign(**{name: getattr(run.cell, name) for name in RUN}) for run in runs]
    return pd.concat(tables, ignore_index=True)


def loss_and_trend(losses: np.ndarray) -> pd.DataFrame:
    """Separate the trend of a run's loss from its spikes.

    Args:
        losses: loss of every step, in nats.

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
    # delta: fit at 200 points at most and interpolate linearly; otherwise long runs would take minutes.
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


_TOLERANCE = Panel(
    "by_rate",
    table="accuracy_by_rate",
    title="Tolerance to the learning rate",
    label="validation accuracy (target {target:.0%})",
)

ROW = Row(
    place=6,
    title="training stability",
    measures=(
        Measure("accuracy_over_rates", "mean validation accuracy over learning rates", "higher"),
        Measure("accuracy_at_best_rate", "validation accuracy at the best of the rates", "higher"),
        Measure("rates_at_target", "share of the rates at which the target is reached", "higher", ".2f"),
        Measure("decades_at_target", "decades of the rate without a gap at the target", "higher", ".2f"),
        Measure("unsteady_steps", "share of unsteady steps", "lower", ".2%"),
        Measure("loss_spikes", "loss spikes per run", "lower", ".2f"),
        Measure("loss_variance_log10", "log10 variance of the log loss about its trend", "lower", "+.2f"),
        Measure("diverged", "share of runs that diverge", "lower", ".2f", published=True),
    ),
    measure=measure,
    definition=__doc__,
    overview=_TOLERANCE,
    heading="Training stability",
    panels=(_TOLERANCE, Panel("losses", table="losses", label="loss of the batch (nats)")),
    figure="training stability",
    key="by learning rate: mean over seeds of its own, band: smallest to largest, dotted: the target\n"
    "by step: pale: loss of every batch, a line per seed · dark: its trend · crosses: spikes · "
    "a line that ends early: diverged",
    tables={ACCURACY_BY_RATE: lambda evidence: evidence.accuracy_by_rate, LOSSES: losses},
)
