"""Train one network of the matrix: ``python -m stages.train <dataset> <variant> <depth> <seed>``."""

import argparse
from pathlib import Path

from resgrad.common.cells import VARIANTS, Cell
from resgrad.common.config import load, load_part, read
from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.table import write_table
from resgrad.models.config import load_model
from resgrad.shards.batches import Batches
from resgrad.shards.shards import Shards
from resgrad.training.config import BudgetConfig, TrainConfig
from resgrad.training.devices import choose_device, keep_freed_memory, make_repeatable
from resgrad.training.results import predict, write_run, write_times
from resgrad.training.run import Training, trained
from stages._parameters import dataset_parameters
from stages._run import run


def train(cell: Cell) -> None:
    """Read shards and parameters; write the run's folder, its gradient table and its times."""
    parameters = read(Path("params.yaml"))
    budget = load_part(BudgetConfig, dataset_parameters(cell.dataset), f"data.{cell.dataset}")
    config = load(TrainConfig, parameters.get("train"), "train")
    gradients = load(GradientsConfig, parameters.get("gradients"), "gradients")
    make_repeatable(config.threads, config.kernels)
    keep_freed_memory()
    device = choose_device(config.device)
    shards = Shards(Path("data/shards", cell.dataset))
    task = Training(
        name=f"{cell.dataset} {cell.name}",
        model=load_model(parameters.get("model")),
        depth=cell.depth,
        residual=cell.residual,
        seed=cell.seed,
        train=config,
        epochs=budget.epochs,
        augment=budget.augment,
        gradients=gradients,
        scheme=shards.manifest["split"],
    )
    training, _ = Batches.read(shards, "train", device)
    validation, validation_ids = Batches.read(shards, "validation", device)
    with trained(task, shards, training, validation, device=device, checkpoints=Path(".checkpoints")) as result:
        # The one place where test images are read: after the last step.
        test, test_ids = Batches.read(shards, "test", device)
        splits = {"validation": (validation_ids, validation), "test": (test_ids, test)}
        write_run(
            Path("data/runs", cell.dataset, cell.name),
            cell,
            shards.manifest,
            result=result,
            training=training,
            predictions=predict(result, splits, classes=len(shards.manifest["classes"]), seed=cell.seed),
        )
        path = Path("data/gradients", cell.dataset, f"{cell.name}.parquet")
        write_table(path, cell, result.recording, gradients.statistics)
        path = Path("data/times", cell.dataset, f"{cell.name}.json")
        write_times(path, result, images=len(training), threads=config.threads, device=device)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("depth", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    run(lambda: train(Cell(**vars(arguments))))
