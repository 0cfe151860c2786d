"""When a run first reaches the target accuracy on the validation images."""

import pandas as pd

from resgrad.results.runs import RUN, Run


def times_to_target(runs: list[Run], target: float) -> pd.DataFrame:
    """Find when each run first reaches a validation accuracy.

    Args:
        runs: of one dataset, trained for the same number of epochs.
        target: the accuracy.

    Returns:
        a row per run: variant, depth, seed, steps_to_target, epochs_to_target (those of the longest run where it is
        not reached), reached_target (1 or 0).
    """
    budget = {"step": max(run.steps for run in runs), "epoch": max(run.epochs for run in runs)}
    return pd.DataFrame([_time(run, target, budget) for run in runs])


def _time(run: Run, target: float, budget: dict[str, int]) -> dict[str, str | int]:
    reached = run.history[run.history["validation_accuracy"] >= target]
    when = budget if reached.empty else reached.iloc[0]
    return {
        **{name: getattr(run.cell, name) for name in RUN},
        "steps_to_target": int(when["step"]),
        "epochs_to_target": int(when["epoch"]),
        "reached_target": int(not reached.empty),
    }
