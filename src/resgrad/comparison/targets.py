"""When a run first reaches the target accuracy on the validation images."""

import pandas as pd

from resgrad.results.runs import RUN, Run


def times_to_target(runs: list[Run], target: float) -> pd.DataFrame:
    """Find when each run first reaches a validation accuracy.

    Args:
        runs: runs of one dataset, trained for the same number of epochs.
        target: the accuracy.

    Returns:
        a row per run: variant, depth, seed, steps_to_target (steps of the longest run if it is not reached),
        epochs_to_target (likewise, fractional), reached_target (1 or 0).
    """
    longest = max(runs, key=lambda run: run.steps)
    return pd.DataFrame([_time(run, target, longest) for run in runs])


def _time(run: Run, target: float, longest: Run) -> dict[str, str | float]:
    reached = run.evaluations.loc[run.evaluations["validation_accuracy"] >= target, "step"]
    steps = longest.steps if reached.empty else int(reached.iloc[0])
    return {
        **{name: getattr(run.cell, name) for name in RUN},
        "steps_to_target": steps,
        "epochs_to_target": steps * longest.epochs / longest.steps,
        "reached_target": int(not reached.empty),
    }
