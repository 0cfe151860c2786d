"""Train the same small network on the leaf split and on the random split."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from resgrad.audit.config import AuditConfig
from resgrad.shards.batches import Batches
from resgrad.shards.config import AugmentConfig
from resgrad.shards.shards import DEALT, Scheme, Shards
from resgrad.training.config import TrainConfig
from resgrad.training.evaluation import log_probabilities
from resgrad.training.run import Trained, Training, trained


def splits_differ(shards: Shards) -> bool:
    """Say whether the leaf split differs from the random one: not if no leaves are known, or the set has its splits."""
    index = shards.index()
    columns = [index.column(name) for scheme in DEALT if (name := f"split_{scheme}") in index.column_names]
    return len(columns) == len(DEALT) and not columns[0].equals(columns[1])


def train_on_both_splits(
    dataset: str,
    shards: Shards,
    *,
    config: AuditConfig,
    train: TrainConfig,
    augment: AugmentConfig,
    device: torch.device,
    checkpoints: Path,
) -> pd.DataFrame:
    """Train with every seed on both splits, from the same initial weights.

    Args:
        dataset: its name.
        shards: its images, and both splits.
        config: the network, the epochs and the seeds.
        train: how to train.
        augment: random augmentation of the training images.
        device: where to train.
        checkpoints: folder for the checkpoints of interrupted trainings.

    Returns:
        a row per network and image of its own test split: scheme (leaf or random), seed, id, group, correct (1 or 0;
        1 / classes for a diverged network, as in :mod:`resgrad.results.metrics`).
    """

    def task(scheme: Scheme, seed: int) -> Training:
        return Training(
            name=f"{dataset} audit {scheme} {seed}",
            model=config.model,
            depth=config.depth,
            residual=True,
            seed=seed,
            train=train,
            epochs=config.epochs,
            augment=augment,
            gradients=None,
            scheme=scheme,
        )

    def on_split(scheme: Scheme, unfinished: ExitStack) -> Iterator[pd.DataFrame]:
        training, validation = (Batches.read(shards, split, device, scheme)[0] for split in ("train", "validation"))
        results = {
            seed: unfinished.enter_context(
                trained(task(scheme, seed), shards, training, validation, device=device, checkpoints=checkpoints)
            )
            for seed in config.seeds
        }
        # The one place where test images are read: after the last step of the last network.
        test, ids = Batches.read(shards, "test", device, scheme)
        classes = len(shards.manifest["classes"])
        for seed, result in results.items():
            correct = _correct(result, test, classes)
            yield pd.DataFrame({"scheme": scheme, "seed": seed, "id": ids, "correct": correct})

    # Held until the last training is over: an interrupted audit resumes, and repeats no finished training.
    with ExitStack() as unfinished:
        tables = [table for scheme in DEALT for table in on_split(scheme, unfinished)]
    index = shards.index().select(["id", "group"]).to_pandas()
    return pd.concat(tables, ignore_index=True).merge(index, on="id", how="left", validate="many_to_one")


def _correct(result: Trained, test: Batches, classes: int) -> np.ndarray:
    if result.diverged:
        return np.full(len(test), 1 / classes)
    predicted = log_probabilities(result.network, test).argmax(dim=1)
    return (predicted == test.labels.cpu()).double().numpy()
