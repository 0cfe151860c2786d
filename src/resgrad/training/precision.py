"""The floating-point types of a training step, and what narrow types require."""

from typing import Any

import torch
from torch import Tensor, optim

_NARROW = {"bfloat16": torch.bfloat16, "float16": torch.float16}

_FIRST_SCALE = 2.0**10
"""Initial scale of the loss in float16: gradients down to 6e-11 are not lost, and those below 60 do not overflow.
PyTorch's default, 2^16, overflows in the first steps of most networks."""


class Precision:
    """Mixed precision (Micikevicius et al. 2018) with ``torch.amp``; has no effect in float32.

    Weights and their gradients stay float32.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        """Take ``float32``, ``bfloat16`` or ``float16``, and the network's device."""
        self._device = device.type
        self._narrow = _NARROW.get(name)
        self._scaler = torch.amp.GradScaler(device.type, init_scale=_FIRST_SCALE, enabled=name == "float16")

    def autocast(self) -> torch.autocast:
        """Return the context for the forward pass and the loss."""
        return torch.autocast(self._device, dtype=self._narrow, enabled=self._narrow is not None)

    def backward(self, loss: Tensor, optimiser: optim.Optimizer) -> None:
        """Compute the gradients of the loss, unscaled, for the optimiser's parameters."""
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(optimiser)

    def step(self, optimiser: optim.Optimizer) -> None:
        """Take the optimiser's step, or skip it and reduce the scale if scaling made a gradient overflow."""
        self._scaler.step(optimiser)
        self._scaler.update()

    def state(self) -> dict[str, Any]:
        """Return the state that a checkpoint must keep, a JSON value."""
        return self._scaler.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state` returned."""
        self._scaler.load_state_dict(state)
