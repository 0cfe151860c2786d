"""Record the gradients of every parameter, at chosen steps, without disturbing the training.

Recording copies gradients and weights into flat buffers with a few fused calls and transfers each buffer to the host
in one piece: it never waits for the accelerator layer by layer, draws no random number and changes no weight.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.describer import Describer

_KINDS = {
    nn.Conv2d: "conv",
    nn.Linear: "linear",
    nn.BatchNorm1d: "norm",
    nn.BatchNorm2d: "norm",
    nn.GroupNorm: "norm",
    nn.PReLU: "activation",
}
"""Kinds of PyTorch's layers. A module of the project may declare ``kind``, for itself and every layer inside it."""


WEIGHT_LAYERS = ("conv", "linear")
"""The kinds of layer that depth counts: those on the longest path, from the first convolution to the head."""


class TensorInfo(NamedTuple):
    """How the gradient table describes a parameter tensor."""

    layer: str
    kind: str
    param: str
    layer_index: int
    numel: int


@dataclass
class Recording:
    """What has been recorded so far: one entry per recorded step in every list.

    ``columns`` holds, by statistic, an array with one value (or one row of values) per tensor; ``snapshots`` holds, by
    step, the raw gradient of the first weight layer, usually a convolution (out x in x height x width, float32).
    """

    tensors: list[TensorInfo]
    steps: list[int] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    columns: dict[str, list[np.ndarray]] = field(default_factory=dict)
    snapshots: dict[int, np.ndarray] = field(default_factory=dict)


class GradientRecorder:
    """Fills a :class:`Recording`: call ``before_step`` after the backward pass and ``after_step`` after the update."""

    def __init__(self, network: nn.Module, example: Tensor, config: GradientsConfig, total_steps: int) -> None:
        """Lay out the buffers.

        Args:
            network: the network; its parameters that require gradients are recorded.
            example: a batch for finding the order of the layers; the network runs on it in eval mode.
            config: which statistics to record at which steps, and how many snapshots to keep.
            total_steps: steps of the whole run.

        Raises:
            ParameterError: there is no such statistic, or it is named twice.
        """
        parameters = {name: p for name, p in network.named_parameters() if p.requires_grad}
        self._parameters = list(parameters.values())
        self.recording = Recording(describe_tensors(network, example))
        steps = recorded_steps(config.every, total_steps)
        self._steps = frozenset(steps)
        chosen = np.linspace(0, len(steps) - 1, min(config.snapshots, len(steps))).round().astype(int)
        self._snapshots = frozenset(steps[i] for i in chosen)
        self._first = next(
            p for p, info in zip(self._parameters, self.recording.tensors, strict=True) if info.kind in WEIGHT_LAYERS
        )
        self._describer = Describer(config.statistics, [p.numel() for p in self._parameters])
        self._gradients = _FlatBuffer(self._parameters)
        self._weights = _FlatBuffer(self._parameters)
        self._moved = _FlatBuffer(self._parameters)

    def due(self, step: int) -> bool:
        """Say whether this step (from 0) is recorded."""
        return step in self._steps

    def before_step(self, step: int) -> None:
        """Copy the gradients, before any clipping, and the weights."""
        self._gradients.fill([_gradient(p) for p in self._parameters])
        self._weights.fill(self._parameters)
        if step in self._snapshots:
            self.recording.snapshots[step] = _gradient(self._first).detach().cpu().contiguous().numpy().copy()

    def after_step(self, step: int, epoch: int) -> None:
        """Copy the updated weights and add this step to the recording."""
        self._moved.fill(self._parameters)
        flat = (buffer.to_host() for buffer in (self._gradients, self._weights, self._moved))
        for name, values in self._describer.describe(*flat).items():
            self.recording.columns.setdefault(name, []).append(values)
        self.recording.steps.append(step)
        self.recording.epochs.append(epoch)


def recorded_steps(every: int, total_steps: int) -> list[int]:
    """List the steps to record: those divisible by ``every``, and the last one."""
    return sorted({*range(0, total_steps, every), total_steps - 1})


def describe_tensors(network: nn.Module, example: Tensor) -> list[TensorInfo]:
    """Describe every parameter that requires a gradient, in the order of ``named_parameters``.

    Raises:
        TypeError: the kind of a layer is not known.
    """
    order = _forward_order(network, example)
    infos = []
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            layer, _, param = name.rpartition(".")
            infos.append(TensorInfo(layer, _kind(network, layer), param, order[layer], parameter.numel()))
    return infos


def _forward_order(network: nn.Module, example: Tensor) -> dict[str, int]:
    """Number the layers that own parameters in the order in which a forward pass reaches them."""
    order: dict[str, int] = {}

    def reach(name: str) -> None:
        order.setdefault(name, len(order))

    hooks = [
        module.register_forward_pre_hook(lambda _module, _inputs, name=name: reach(name))
        for name, module in network.named_modules()
        if next(module.parameters(recurse=False), None) is not None
    ]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(example)
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return order


def _kind(network: nn.Module, layer: str) -> str:
    """Return the ``kind`` that the layer or a module around it declares, the outermost first; else that of its type."""
    module = network
    for name in layer.split("."):
        module = module.get_submodule(name)
        declared = getattr(module, "kind", None)
        if isinstance(declared, str):
            return declared
    for cls, kind in _KINDS.items():
        if isinstance(module, cls):
            return kind
    raise TypeError(f"no kind is known for {type(module).__name__}; add it to resgrad.gradients.recorder")


def _gradient(parameter: nn.Parameter) -> Tensor:
    if parameter.grad is None:
        raise ValueError("a parameter has no gradient: the loss does not depend on it")
    return parameter.grad


class _FlatBuffer:
    """One flat tensor with a view into it for every parameter, in the parameter's memory layout."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self._flat = torch.empty(sum(p.numel() for p in parameters), device=parameters[0].device)
        parts = self._flat.split([p.numel() for p in parameters])
        self._views = [
            part.as_strided(parameter.shape, parameter.stride(), part.storage_offset())
            for part, parameter in zip(parts, parameters, strict=True)
        ]

    def fill(self, tensors: Iterable[Tensor]) -> None:
        with torch.no_grad():
            copy = torch._foreach_copy_  # pyright: ignore[reportPrivateImportUsage]  - the only fused copy there is
            copy(self._views, list(tensors))

    def to_host(self) -> np.ndarray:
        return self._flat.cpu().numpy()
