"""Train the same small network on the leaf split and on the random split."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from resgrad.audit.config import AuditConfig
from resgrad.models import build_network
from resgrad.shards.batches import Batches
from resgrad.shards.shards import Shards
from resgrad.training.checkpoint import Checkpoint, run_key
from resgrad.training.config import TrainConfig
from resgrad.training.devices import describe_device
from resgrad.training.evaluation import log_probabilities
from resgrad.training.loop import Trainer

SCHEMES = ("leaf", "random")


def splits_differ(shards: Shards) -> bool:
    """Say whether the leaf split is another than the random one: it is not where no leaves are known."""
    leaf, random = (shards.index().column(f"split_{scheme}") for scheme in SCHEMES)
    return not leaf.equals(random)


class SplitTrainings:
    """All trainings of a dataset's audit."""

    def __init__(
        self,
        dataset: str,
        shards: Shards,
        *,
        config: AuditConfig,
        train: TrainConfig,
        device: torch.device,
        checkpoints: Path,
    ) -> None:
        """Take in what decides the trainings.

        Args:
            dataset: its name.
            shards: its images, and both splits.
            config: the network, the epochs and the seeds.
            train: how to train; its ``epochs`` are not read.
            device: where.
            checkpoints: folder for those of trainings that are interrupted.
        """
        self._dataset = dataset
        self._shards = shards
        self._config = config
        self._train = train
        self._device = device
        self._checkpoints = checkpoints

    def run(self) -> pd.DataFrame:
        """Train with every seed on both splits, from the same initial weights.

        Returns:
            a row per network and image of its own test split: scheme (leaf or random), seed, id, group, correct (1 or
            0; for a diverged network 1 / classes, as in :mod:`resgrad.results.metrics`).
        """
        # Held until the last training is over: an interrupted audit goes on, and repeats none that was finished.
        with ExitStack() as unfinished:
            hits = pd.concat([self._on_split(scheme, unfinished) for scheme in SCHEMES], ignore_index=True)
        index = self._shards.index().select(["id", "group"]).to_pandas()
        return hits.merge(index, on="id", how="left", validate="many_to_one")

    def _on_split(self, scheme: str, unfinished: ExitStack) -> pd.DataFrame:
        training, validation = (self._read(split, scheme)[0] for split in ("train", "validation"))
        networks = {seed: self._trained(scheme, seed, training, validation, unfinished) for seed in self._config.seeds}
        # The one place where test images are read: after the last step of the last network.
        test, ids = self._read("test", scheme)
        hits = [
            pd.DataFrame({"scheme": scheme, "seed": seed, "id": ids, "correct": self._correct(network, test)})
            for seed, network in networks.items()
        ]
        return pd.concat(hits)

    def _trained(
        self, scheme: str, seed: int, training: Batches, validation: Batches, unfinished: ExitStack
    ) -> nn.Module | None:
        """Train one network; None if it diverged."""
        manifest, config = self._shards.manifest, self._config
        augment = self._train.augment[self._dataset]
        network = build_network(
            config.model,
            depth=config.depth,
            residual=True,
            image_shape=tuple(manifest["shape"]),
            classes=len(manifest["classes"]),
            seed=seed,
        ).to(self._device, memory_format=torch.channels_last)
        decides: dict[str, Any] = {
            "dataset": self._dataset,
            "scheme": scheme,
            "seed": seed,
            "audit": config.model_dump(exclude={"seeds"}),
            "train": self._train.model_dump(exclude={"epochs", "augment"}),
            "augment": augment.model_dump(),
            "shards": manifest,
            "machine": describe_device(self._device),
        }
        name = f"{self._dataset}-audit-{scheme}-{seed}"
        checkpoint = Checkpoint(self._checkpoints / f"{name}-{run_key(decides)}")
        unfinished.enter_context(checkpoint.exclusive())
        trainer = Trainer(
            network,
            training,
            validation,
            config=self._train,
            epochs=config.epochs,
            augment=augment,
            gradients=None,
            seed=seed,
            checkpoint=checkpoint,
        )
        trainer.run(name)
        return network if trainer.progress.diverged_step is None else None

    def _read(self, split: str, scheme: str) -> tuple[Batches, list[str]]:
        images, labels, ids = self._shards.read(split, scheme)
        scaling = self._shards.manifest["scaling"][scheme]
        return Batches(images, labels, scaling["mean"], scaling["std"], self._device), ids

    def _correct(self, network: nn.Module | None, test: Batches) -> np.ndarray:
        if network is None:
            return np.full(len(test), 1 / len(self._shards.manifest["classes"]))
        predicted = log_probabilities(network, test).argmax(dim=1)
        return (predicted == test.labels.cpu()).double().numpy()
