"""One training, from its parameters to the trained network; every stage that trains calls this."""

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
from resgrad.training.devices import bytes_depend_on
from resgrad.training.loop import Trainer
from resgrad.training.state import Progress


@dataclass(frozen=True)
class Training:
    """Everything that decides a training, except the images, the device and the code.

    Attributes:
        name: its name in the progress bar and the checkpoint.
        model: the kind of network.
        depth: layers with weights.
        residual: with shortcuts, or the plain twin.
        seed: root of all random draws.
        train: optimiser, schedule and so on.
        epochs: passes over the training images.
        augment: random augmentation of the training images.
        gradients: which gradients to record, and when; None for none.
        scheme: how the images were split.
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
        """Return a key of everything that decides the result; call it once all code is loaded."""
        sections = {
            "model": self.model.model_dump(),
            "train": self.train.model_dump(),
            "augment": self.augment.model_dump(),
            "gradients": self.gradients and self.gradients.model_dump(),
        }
        # Statistics are loaded when they are first computed, so their code is not yet among the loaded modules.
        statistics = digests(self.gradients.statistics) if self.gradients else {}
        single = {name: value for name, value in vars(self).items() if name not in sections}
        portable = self.train.kernels == "portable" and not self.train.compile
        machine = bytes_depend_on(device, portable=portable)
        beside = {"shards": manifest, "machine": machine, "statistics": statistics}
        return run_key({**single, **sections, **beside})


@dataclass(frozen=True)
class Trained:
    """A network after its last step, or after it diverged.

    Attributes:
        network: the network.
        progress: its history.
        recording: its gradients.
        began: when the training began or resumed, by :func:`time.perf_counter`.
        earlier_seconds: seconds that it had taken before an interruption.
    """

    network: nn.Module
    progress: Progress
    recording: Recording
    began: float
    earlier_seconds: float

    @property
    def diverged(self) -> bool:
        """Whether the loss became non-finite."""
        return self.progress.diverged_step is not None

    def seconds(self) -> dict[str, float]:
        """Return wall-clock times by activity, and the total up to now without interruptions."""
        return {**self.progress.seconds, "total": self.earlier_seconds + time.perf_counter() - self.began}


@contextmanager
def trained(
    task: Training, shards: Shards, training: Batches, validation: Batches, *, device: torch.device, checkpoints: Path
) -> Iterator[Trained]:
    """Train a network, resuming from its checkpoint if there is one; use the result within the block.

    The checkpoint is removed once the block has succeeded: if the block is interrupted, nothing is trained again.

    Args:
        task: what to train.
        shards: the shards of the images.
        training: images to train on.
        validation: images to evaluate on.
        device: where to train.
        checkpoints: folder for the checkpoints of interrupted trainings.

    Raises:
        BusyError: another process is training the same run.
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
