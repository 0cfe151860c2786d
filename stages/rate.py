"""Train one network at a learning rate: ``python -m stages.rate <dataset> <variant> <rate> <seed>``."""

import argparse
from pathlib import Path

from resgrad.common.cells import VARIANTS
from resgrad.common.config import load, load_part, read
from resgrad.models.config import load_model
from resgrad.shards.batches import Batches
from resgrad.shards.shards import Shards
from resgrad.tolerance.config import Budget, Point
from resgrad.tolerance.outcome import write_outcome
from resgrad.training.config import BudgetConfig, TrainConfig
from resgrad.training.devices import choose_device, keep_freed_memory, make_repeatable
from resgrad.training.run import Training, trained
from stages._parameters import dataset_parameters, tolerance_budget
from stages._run import run


def train_at_rate(dataset: str, point: Point) -> None:
    """Read shards and parameters; write how the training ended. Gradients are not recorded, test images not read."""
    parameters = read(Path("params.yaml"))
    augment = load_part(BudgetConfig, dataset_parameters(dataset), f"data.{dataset}").augment
    budget = load(Budget, tolerance_budget(), "tolerance")
    config = load(TrainConfig, parameters.get("train"), "train")
    make_repeatable(config.threads, config.kernels)
    keep_freed_memory()
    device = choose_device(config.device)
    shards = Shards(Path("data/shards", dataset))
    task = Training(
        name=f"{dataset} rate {point.name}",
        model=load_model(parameters.get("model")),
        depth=budget.depth,
        residual=point.residual,
        seed=point.seed,
        train=config.model_copy(update={"learning_rate": float(point.rate), "evaluations_per_epoch": 1}),
        epochs=budget.epochs[dataset],
        augment=augment,
        gradients=None,
        scheme=shards.manifest["split"],
    )
    training, validation = (Batches.read(shards, split, device)[0] for split in ("train", "validation"))
    with trained(task, shards, training, validation, device=device, checkpoints=Path(".checkpoints")) as result:
        write_outcome(Path("data/rates", dataset, f"{point.name}.json"), point, budget.depth, result, training)


def number(text: str) -> float:
    """Parse a number so that it prints as it was written: 1 or 1.0."""
    return int(text) if text.isdigit() else float(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("rate", type=number)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    run(lambda: train_at_rate(arguments.dataset, Point(arguments.variant, arguments.rate, arguments.seed)))
