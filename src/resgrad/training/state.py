"""Everything that a training has reached at the end of an epoch, and its passage through a checkpoint."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn, optim

from resgrad.gradients.recorder import Recording


@dataclass
class Progress:
    """How far a run has come.

    ``history`` has a row per epoch, ``evaluations`` one per look at the validation images, ``losses`` and ``rates`` a
    value per step; ``seconds`` is wall-clock time by activity (training includes recording), and the only thing here
    that two equal runs do not share.
    """

    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    diverged_step: int | None = None
    seconds: dict[str, float] = field(default_factory=lambda: {"training": 0.0, "recording": 0.0, "evaluation": 0.0})


def pack(
    network: nn.Module, optimiser: optim.Optimizer, recording: Recording, progress: Progress
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Turn a run into tensors by name and a JSON value."""
    tensors = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    for index, entries in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{index}/{name}": t for name, t in entries.items() if isinstance(t, Tensor)}
    for name, values in recording.columns.items():
        tensors[f"recording/{name}"] = torch.from_numpy(np.stack(values))
    for step, gradient in recording.snapshots.items():
        tensors[f"snapshot/{step}"] = torch.from_numpy(gradient)
    state = {**vars(progress), "recorded_steps": recording.steps, "recorded_epochs": recording.epochs}
    return tensors, state


def unpack(
    tensors: dict[str, Tensor],
    state: dict[str, Any],
    network: nn.Module,
    optimiser: optim.Optimizer,
    recording: Recording,
) -> Progress:
    """Restore in place what :func:`pack` took, and return the progress."""
    parts: dict[str, dict[str, Tensor]] = {"network": {}, "optimiser": {}, "recording": {}, "snapshot": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = tensor
    network.load_state_dict(parts["network"])
    entries: dict[int, dict[str, Tensor]] = {}
    for name, tensor in parts["optimiser"].items():
        index, _, key = name.partition("/")
        parameter = optimiser.param_groups[0]["params"][int(index)]
        # In the parameter's own memory layout, as the optimiser had it: its loops over many tensors go by that.
        per_element = tensor.shape == parameter.shape
        entry = torch.empty_like(parameter, device="cpu").copy_(tensor) if per_element else tensor
        entries.setdefault(int(index), {})[key] = entry.detach()
    optimiser.load_state_dict({**optimiser.state_dict(), "state": entries})
    recording.steps = state.pop("recorded_steps")
    recording.epochs = state.pop("recorded_epochs")
    recording.columns = {name: list(tensor.numpy()) for name, tensor in parts["recording"].items()}
    recording.snapshots = {int(step): tensor.numpy() for step, tensor in parts["snapshot"].items()}
    return Progress(**state)
