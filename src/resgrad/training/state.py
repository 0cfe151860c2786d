"""The state of a training at the end of an epoch, and how a checkpoint stores it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from resgrad.gradients.recorder import Recording
from resgrad.training.precision import Precision


@dataclass
class Progress:
    """The progress of a run.

    ``history`` has a row per epoch, ``evaluations`` one per evaluation on the validation images, ``losses`` and
    ``rates`` a value per step; ``seconds`` is wall-clock time by activity (training includes recording), and the only
    thing here that differs between two equal runs.
    """

    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    diverged_step: int | None = None
    seconds: dict[str, float] = field(default_factory=lambda: {"training": 0.0, "recording": 0.0, "evaluation": 0.0})


@dataclass(frozen=True)
class State:
    """Everything that a training changes apart from its :class:`Progress`.

    Attributes:
        network: weights and running statistics.
        optimiser: its memory of earlier steps.
        precision: the scale of the loss.
        recording: the gradients recorded so far.
    """

    network: nn.Module
    optimiser: optim.Optimizer
    precision: Precision
    recording: Recording

    def pack(self, progress: Progress) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Turn it all into tensors by name and a JSON value."""
        tensors = {f"network/{name}": tensor for name, tensor in self.network.state_dict().items()}
        for index, entries in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{index}/{name}": t for name, t in entries.items() if isinstance(t, Tensor)}
        for name, values in self.recording.columns.items():
            tensors[f"recording/{name}"] = torch.from_numpy(np.stack(values))
        for step, gradient in self.recording.snapshots.items():
            tensors[f"snapshot/{step}"] = torch.from_numpy(gradient)
        recorded = {"recorded_steps": self.recording.steps, "recorded_epochs": self.recording.epochs}
        return tensors, {**vars(progress), **recorded, "scaling": self.precision.state()}

    def unpack(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> Progress:
        """Restore in place what :meth:`pack` stored, and return the progress."""
        parts: dict[str, dict[str, Tensor]] = {"network": {}, "optimiser": {}, "recording": {}, "snapshot": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = tensor
        self.network.load_state_dict(parts["network"])
        entries: dict[int, dict[str, Tensor]] = {}
        for name, tensor in parts["optimiser"].items():
            index, _, key = name.partition("/")
            parameter = self.optimiser.param_groups[0]["params"][int(index)]
            # In the parameter's own memory layout, as the optimiser had it: its multi-tensor loops depend on that.
            per_element = tensor.shape == parameter.shape
            entry = torch.empty_like(parameter, device="cpu").copy_(tensor) if per_element else tensor
            entries.setdefault(int(index), {})[key] = entry.detach()
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": entries})
        self.precision.restore(values.pop("scaling"))
        self.recording.steps = values.pop("recorded_steps")
        self.recording.epochs = values.pop("recorded_epochs")
        self.recording.columns = {name: list(tensor.numpy()) for name, tensor in parts["recording"].items()}
        self.recording.snapshots = {int(step): tensor.numpy() for step, tensor in parts["snapshot"].items()}
        return Progress(**values)
