"""The outcome of a training at a learning rate, on validation images alone."""

from pathlib import Path

from resgrad.common.files import write_json
from resgrad.shards.batches import Batches
from resgrad.tolerance.config import Point
from resgrad.training.evaluation import log_probabilities, score
from resgrad.training.run import Trained


def write_outcome(path: Path, point: Point, depth: int, result: Trained, training: Batches) -> None:
    """Write how a training ended; non-finite values are left out.

    Args:
        path: the file.
        point: the training.
        depth: depth of its network.
        result: the trained network.
        training: the images that it was trained on, for its training error.
    """
    progress = result.progress
    accuracies = [row["validation_accuracy"] for row in progress.history if "validation_loss" in row]
    values = {**point._asdict(), "depth": depth}
    if accuracies:
        values["best_validation_accuracy"] = max(accuracies)
    if result.diverged:
        values["diverged_step"] = progress.diverged_step
    else:
        values["validation_accuracy"] = accuracies[-1]
        values["train_error"] = 1 - score(log_probabilities(result.network, training), training.labels).accuracy
    write_json(path, values)
