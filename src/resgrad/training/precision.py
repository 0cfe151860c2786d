"""The numbers that a training step computes with, and what the narrow ones need."""

from typing import Any

import torch
from torch import Tensor, optim

_NARROW = {"bfloat16": torch.bfloat16, "float16": torch.float16}

_FIRST_SCALE = 2.0**10
"""Of the loss, in float16: gradients down to 6e-11 are not lost, and those below 60 do not overflow. PyTorch's own
first scale, 2^16, overflows in the first steps of most networks."""


class Precision:
    """Mixed precision (Micikevicius et al. 2018), by ``torch.amp``; nothing at all in float32.

    Weights stay float32, and so do their gradients.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        """Take in ``float32``, ``bfloat16`` or ``float16``, and where the network is."""
        self._device = device.type
        self._narrow = _NARROW.get(name)
        self._scaler = torch.amp.GradScaler(device.type, init_scale=_FIRST_SCALE, enabled=name == "float16")

    def autocast(self) -> torch.autocast:
        """Return the context for the forward pass and the loss."""
        return torch.autocast(self._device, dtype=self._narrow, enabled=self._narrow is not None)

    def backward(self, loss: Tensor, optimiser: optim.Optimizer) -> None:
        """Leave the gradients of the loss, unscaled, in the parameters that the optimiser has."""
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(optimiser)

    def step(self, optimiser: optim.Optimizer) -> None:
        """Take the optimiser's step; none if scaling has made a gradient overflow, and a smaller scale from then on."""
        self._scaler.step(optimiser)
        self._scaler.update()

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint must keep, a JSON value."""
        return self._scaler.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` returned."""
        self._scaler.load_state_dict(state)
