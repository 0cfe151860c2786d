"""Learning curves: accuracy and loss after every epoch, with their spread over seeds."""

import pandas as pd

from resgrad.common.spread import over_seeds
from resgrad.results.runs import Run

FOLLOWED = ("train", "validation")
"""Splits evaluated after every epoch."""


def learning_curves(runs: list[Run]) -> pd.DataFrame:
    """Return accuracy and loss by epoch.

    After a run has diverged, its accuracy is that of guessing, up to the last epoch of the longest run; its loss is
    undefined.

    Returns:
        a row per variant, depth, split (train, validation) and epoch: accuracy, accuracy_min, accuracy_max, loss,
        loss_min, loss_max (mean, smallest and largest over seeds; NaN where no seed has a value).
    """
    epochs = max(run.epochs for run in runs)
    curves = pd.concat([_curve(run, split, epochs) for run in runs for split in FOLLOWED])
    return over_seeds(curves, ["variant", "depth", "split", "epoch"], ["accuracy", "loss"])


def _curve(run: Run, split: str, epochs: int) -> pd.DataFrame:
    history = run.history.set_index("epoch").reindex(pd.RangeIndex(1, epochs + 1, name="epoch")).reset_index()
    accuracy = history[f"{split}_accuracy"].astype(float)
    return pd.DataFrame(
        {
            "variant": run.cell.variant,
            "depth": run.cell.depth,
            "split": split,
            "epoch": history["epoch"],
            "accuracy": accuracy.fillna(run.chance) if run.diverged else accuracy,
            "loss": history[f"{split}_loss"].astype(float),
        }
    )
