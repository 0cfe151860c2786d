"""Train one network of the matrix: ``python -m stages.train <dataset> <variant> <depth> <seed>``."""

import argparse
import time
from pathlib import Path
from typing import get_args

import torch

from resgrad.common.cells import VARIANTS, Cell
from resgrad.common.config import DatasetName, load, read
from resgrad.common.files import write_json
from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.table import write_table
from resgrad.models import build_network
from resgrad.models.config import load_model
from resgrad.shards.batches import Batches
from resgrad.shards.shards import Shards
from resgrad.training.checkpoint import Checkpoint, run_key
from resgrad.training.config import TrainConfig
from resgrad.training.devices import choose_device, describe_device, make_repeatable
from resgrad.training.evaluation import log_probabilities, score
from resgrad.training.flops import flops_per_image
from resgrad.training.loop import Trainer
from resgrad.training.results import chance_log_probabilities, predictions_table, summarise, write_run
from stages._run import run


def train(cell: Cell) -> None:
    """Read shards and parameters; write the run's folder, its gradient table and its times."""
    started = time.perf_counter()
    parameters = read(Path("params.yaml"))
    model = load_model(parameters.get("model"))
    config = load(TrainConfig, parameters.get("train"), "train")
    epochs, augment = config.epochs[cell.dataset], config.augment[cell.dataset]
    gradients = load(GradientsConfig, parameters.get("gradients"), "gradients")
    make_repeatable(config.threads)
    device = choose_device(config.device)
    machine = describe_device(device)
    shards = Shards(Path("data/shards", cell.dataset))
    manifest = shards.manifest
    decides = {
        "cell": cell,
        "model": model.model_dump(),
        "train": config.model_dump(exclude={"epochs", "augment"}),
        "epochs": epochs,
        "augment": augment.model_dump(),
        "gradients": gradients.model_dump(),
        "shards": manifest,
        "machine": machine,
    }
    network = build_network(
        model,
        depth=cell.depth,
        residual=cell.residual,
        image_shape=tuple(manifest["shape"]),
        classes=len(manifest["classes"]),
        seed=cell.seed,
    ).to(device, memory_format=torch.channels_last)
    checkpoint = Checkpoint(Path(".checkpoints", f"{cell.dataset}-{cell.name}-{run_key(decides)}"))
    with checkpoint.exclusive():
        _, training = _read(shards, "train", device)
        validation_ids, validation = _read(shards, "validation", device)
        trainer = Trainer(
            network,
            training,
            validation,
            config=config,
            epochs=epochs,
            augment=augment,
            gradients=gradients,
            seed=cell.seed,
            checkpoint=checkpoint,
        )
        trainer.run(f"{cell.dataset} {cell.name}")
        progress = trainer.progress

        # The one place where test images are read: after the last step.
        test_ids, test = _read(shards, "test", device)
        splits = {"validation": (validation_ids, validation), "test": (test_ids, test)}
        log_probs = {
            split: log_probabilities(network, images)
            if progress.diverged_step is None
            else chance_log_probabilities(len(images), len(manifest["classes"]), cell.seed)
            for split, (_, images) in splits.items()
        }
        write_run(
            Path("data/runs", cell.dataset, cell.name),
            summary=summarise(
                cell,
                manifest,
                network=network,
                flops_per_image=flops_per_image(network, next(training.in_order(1))[0]),
                progress=progress,
                training=score(log_probabilities(network, training), training.labels),
            ),
            progress=progress,
            predictions=predictions_table(
                {split: (ids, images.labels, log_probs[split]) for split, (ids, images) in splits.items()}
            ),
            network=network,
            recording=trainer.recording,
        )
        write_table(Path("data/gradients", cell.dataset, f"{cell.name}.parquet"), cell, trainer.recording)
        seconds = {**progress.seconds, "total": trainer.earlier_seconds + time.perf_counter() - started}
        write_json(
            Path("data/times", cell.dataset, f"{cell.name}.json"),
            {
                **machine,
                "threads": config.threads,
                "seconds": seconds,
                "images_per_second": len(training) * progress.epoch / seconds["training"],
            },
        )


def _read(shards: Shards, split: str, device: torch.device) -> tuple[list[str], Batches]:
    images, labels, ids = shards.read(split)
    scaling = shards.manifest["scaling"][shards.manifest["split"]]
    return ids, Batches(images, labels, scaling["mean"], scaling["std"], device)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", choices=get_args(DatasetName))
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("depth", type=int)
    parser.add_argument("seed", type=int)
    arguments = parser.parse_args()
    run(lambda: train(Cell(**vars(arguments))))
