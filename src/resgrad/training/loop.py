"""The training loop: the same for every kind of network, dataset and optimiser."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from tqdm import tqdm

from resgrad.common.seeds import derive
from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.recorder import GradientRecorder, Recording
from resgrad.shards.batches import Batches, steps_per_epoch
from resgrad.shards.config import AugmentConfig
from resgrad.training.checkpoint import Checkpoint
from resgrad.training.config import TrainConfig
from resgrad.training.evaluation import log_probabilities, score
from resgrad.training.optimisers import build_optimiser
from resgrad.training.precision import Precision
from resgrad.training.schedules import learning_rate
from resgrad.training.state import Progress, State


class Trainer:
    """Trains one network for a number of epochs, from its last checkpoint if there is one.

    Attributes:
        progress: the progress so far.
        recording: the gradients recorded so far; stays empty if none are to be recorded.
        earlier_seconds: wall-clock time of training and evaluation before the checkpoint.
    """

    def __init__(
        self,
        network: nn.Module,
        train: Batches,
        validation: Batches,
        *,
        config: TrainConfig,
        epochs: int,
        augment: AugmentConfig,
        gradients: GradientsConfig | None,
        seed: int,
        checkpoint: Checkpoint,
    ) -> None:
        """Take everything that decides the run.

        Args:
            network: the network on its device, with its initial weights.
            train: the images to learn from.
            validation: the images to evaluate on, ``config.evaluations_per_epoch`` times per epoch.
            config: how to train.
            epochs: passes over the training images.
            augment: their random augmentation.
            gradients: which gradient statistics to record, and when; None for none.
            seed: root of all random draws.
            checkpoint: where to resume from, and to save to after every epoch.
        """
        self._network = network
        self._train = train
        self._validation = validation
        self._config = config
        self._epochs = epochs
        self._augment = augment
        self._seed = seed
        self._checkpoint = checkpoint
        self._steps_per_epoch = steps_per_epoch(len(train), config.batch_size)
        self._total_steps = epochs * self._steps_per_epoch
        self._stretches = stretches(self._steps_per_epoch, config.evaluations_per_epoch)
        self._optimiser = build_optimiser(config, network.parameters())
        self._precision = Precision(config.precision, next(network.parameters()).device)
        # Shares the weights. Hooks, evaluations and names of parameters use the network itself.
        self._forward = torch.compile(network) if config.compile else network
        self._recorder = None
        self.recording = Recording([])
        if gradients is not None:
            example, _ = next(train.in_order(1))
            self._recorder = GradientRecorder(network, example, gradients, self._total_steps)
            self.recording = self._recorder.recording
        self.progress = Progress()
        self.earlier_seconds = 0.0

    def run(self, title: str) -> None:
        """Train to the last epoch, or until the loss is no longer finite; a bar with this title shows the progress."""
        state = State(self._network, self._optimiser, self._precision, self.recording)
        saved = self._checkpoint.load()
        if saved is not None:
            self.progress = state.unpack(*saved)
            self.earlier_seconds = self.progress.seconds["training"] + self.progress.seconds["evaluation"]
        # disable=None: no bar where standard error is not a terminal.
        with tqdm(
            desc=title,
            total=self._total_steps,
            initial=len(self.progress.losses),
            unit="step",
            leave=False,
            disable=None,
        ) as bar:
            while self.progress.epoch < self._epochs and self.progress.diverged_step is None:
                self._run_epoch(bar)
                self._checkpoint.save(*state.pack(self.progress))

    def _run_epoch(self, bar: tqdm) -> None:
        progress = self.progress
        progress.epoch += 1
        first = len(progress.losses)
        hits = []
        self._network.train()
        # For draws inside a network (dropout, stochastic depth): derived by name, so a resumed run draws the same.
        torch.manual_seed(derive(self._seed, "network", progress.epoch))
        batches = self._train.shuffled(self._config.batch_size, self._augment, self._seed, progress.epoch)
        for steps in self._stretches:
            with self._timed("training"):
                losses = []
                for images, labels in islice(batches, steps):
                    loss, hit = self._step(len(progress.losses) + len(losses), images, labels)
                    losses.append(loss)
                    hits.append(hit)
                    bar.update()
                # The host waits for the accelerator only here, not after every step.
                progress.losses += torch.stack(losses).tolist()
            with self._timed("evaluation"):
                self._evaluate()
        scores = progress.evaluations[-1]
        row = {
            "epoch": progress.epoch,
            "step": len(progress.losses),
            "learning_rate": progress.rates[-1],
            "train_loss": sum(progress.losses[first:]) / self._steps_per_epoch,
            "train_accuracy": torch.stack(hits).sum().item() / len(self._train),
            **scores,
        }
        progress.history.append(_finite(row))
        progress.diverged_step = self._diverged(first, scores.get("validation_loss", math.nan))
        bar.set_postfix(epoch=progress.epoch, validation_accuracy=f"{scores['validation_accuracy']:.3f}")

    def _evaluate(self) -> None:
        """Evaluate the network on the validation images and record the scores."""
        found = score(log_probabilities(self._network, self._validation), self._validation.labels)
        scores = {"validation_loss": found.loss, "validation_accuracy": found.accuracy}
        self.progress.evaluations.append(_finite({"step": len(self.progress.losses), **scores}))

    def _step(self, step: int, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step; return the mean loss of the batch and the number of correctly classified images."""
        rate = learning_rate(self._config, step, self._total_steps, self._steps_per_epoch)
        self.progress.rates.append(rate)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        with self._precision.autocast():
            logits = self._forward(images)
            loss = nn.functional.cross_entropy(logits, labels)
        self._optimiser.zero_grad()
        self._precision.backward(loss, self._optimiser)
        recorder = self._recorder if self._recorder is not None and self._recorder.due(step) else None
        if recorder is not None:
            with self._timed("recording"):
                recorder.before_step(step)
        if self._config.clip_norm is not None:
            clip_grad_norm_(self._network.parameters(), self._config.clip_norm)
        self._precision.step(self._optimiser)
        if recorder is not None:
            with self._timed("recording"):
                recorder.after_step(step, self.progress.epoch)
        return loss.detach(), (logits.detach().argmax(dim=1) == labels).sum()

    def _diverged(self, first: int, validation_loss: float) -> int | None:
        """Return the first step of this epoch with a non-finite loss; the step after it if only validation shows it."""
        for step, loss in enumerate(self.progress.losses[first:], start=first):
            if not math.isfinite(loss):
                return step
        return None if math.isfinite(validation_loss) else len(self.progress.losses)

    @contextmanager
    def _timed(self, activity: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.progress.seconds[activity] += time.perf_counter() - start


def stretches(steps: int, evaluations: int) -> list[int]:
    """Return the number of steps before each evaluation of an epoch, as even as whole steps allow.

    Args:
        steps: number of steps in the epoch.
        evaluations: number of evaluations, at most one per step; the last follows the last step.
    """
    count = min(steps, evaluations)
    return [end - start for start, end in pairwise(steps * k // count for k in range(count + 1))]


def _finite(row: dict[str, float]) -> dict[str, float]:
    """Leave out NaN and infinite values, which JSON does not have."""
    return {name: value for name, value in row.items() if math.isfinite(value)}
