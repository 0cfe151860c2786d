"""One training, from its parameters to the trained network: what every stage that trains calls."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.recorder import Recording
from resgrad.gradients.statistics import digests
from resgrad.models import build_network
from resgrad.models.config import ModelConfig
from resgrad.shards.batches import Batches
from resgrad.shards.config import AugmentConfig
from resgrad.shards.shards import Scheme, Shards
from resgrad.training.checkpoint import Checkpoint, run_key
from resgrad.training.config import TrainConfig
from resgrad.training.devices import describe_device
from resgrad.training.loop import Trainer
from resgrad.training.state import Progress


@dataclass(frozen=True)
class Training:
    """What decides a training, but for the images, the device and the code.

    Attributes:
        name: for its progress bar and its checkpoint.
        model: the kind of network.
        depth: layers with weights.
        residual: with shortcuts, or the plain twin.
        seed: root of all draws.
        train: optimiser, schedule and so on.
        epochs: passes over the training images.
        augment: random changes of the training images.
        gradients: which gradients to record, and when; None for none.
        scheme: by which the images were split.
    """

    name: str
    model: ModelConfig
    depth: int
    residual: bool
    seed: int
    train: TrainConfig
    epochs: int
    augment: AugmentConfig
    gradients: GradientsConfig | None
    scheme: Scheme

    def key(self, manifest: dict[str, Any], device: torch.device) -> str:
        """Return what stands for everything that decides the result; call it once all code is loaded."""
        sections = {
            "model": self.model.model_dump(),
            "train": self.train.model_dump(),
            "augment": self.augment.model_dump(),
            "gradients": self.gradients and self.gradients.model_dump(),
        }
        # Statistics are loaded when they are first computed, so that their code is not yet among the loaded modules.
        statistics = digests(self.gradients.statistics) if self.gradients else {}
        single = {name: value for name, value in vars(self).items() if name not in sections}
        beside = {"shards": manifest, "machine": describe_device(device), "statistics": statistics}
        return run_key({**single, **sections, **beside})


@dataclass(frozen=True)
class Trained:
    """A network after its last step, or after it left the finite numbers.

    Attributes:
        network: the network.
        progress: what it went through.
        recording: of its gradients.
        began: when it began or went on, by :func:`time.perf_counter`.
        earlier_seconds: that it had taken before an interruption.
    """

    network: nn.Module
    progress: Progress
    recording: Recording
    began: float
    earlier_seconds: float

    @property
    def diverged(self) -> bool:
        """Whether it left the finite numbers."""
        return self.progress.diverged_step is not None

    def seconds(self) -> dict[str, float]:
        """Return wall-clock times by activity, and in total up to now, interruptions left out."""
        return {**self.progress.seconds, "total": self.earlier_seconds + time.perf_counter() - self.began}


@contextmanager
def trained(
    task: Training, shards: Shards, training: Batches, validation: Batches, *, device: torch.device, checkpoints: Path
) -> Iterator[Trained]:
    """Train a network, going on from its checkpoint if there is one; the block is for what is made of it.

    The checkpoint goes once the block has succeeded: what is interrupted within it trains nothing again.

    Args:
        task: what to train.
        shards: that the images come from.
        training: images to train on.
        validation: images to follow it on.
        device: where.
        checkpoints: folder for those of interrupted trainings.

    Raises:
        BusyError: another process is training the very same run.
    """
    began = time.perf_counter()
    manifest = shards.manifest
    network = build_network(
        task.model,
        depth=task.depth,
        residual=task.residual,
        image_shape=tuple(manifest["shape"]),
        classes=len(manifest["classes"]),
        seed=task.seed,
    ).to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  - documented, but not declared
    checkpoint = Checkpoint(checkpoints / f"{task.name.replace(' ', '-')}-{task.key(manifest, device)}")
    with checkpoint.exclusive():
        trainer = Trainer(
            network,
            training,
            validation,
            config=task.train,
            epochs=task.epochs,
            augment=task.augment,
            gradients=task.gradients,
            seed=task.seed,
            checkpoint=checkpoint,
        )
        trainer.run(task.name)
        yield Trained(network, trainer.progress, trainer.recording, began, trainer.earlier_seconds)
