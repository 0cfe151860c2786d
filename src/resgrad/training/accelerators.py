"""The accelerators of this machine, so that each can have trainings of its own.

Importing this imports no torch: it is asked before anything runs, and on most machines answers without.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from resgrad.common.errors import ResgradError

_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""What the drivers of NVIDIA, AMD and WSL put there. Without any of them torch, which takes 2 s, need not be asked."""


def accelerators(device: str) -> list[Mapping[str, str]]:
    """List the devices of this machine on which networks are trained, other than its processor.

    Args:
        device: as ``train.device`` has it.

    Returns:
        for each, the environment variables that make it the only one that a process sees; Apple's has none.
    """
    there = sys.platform == "darwin" or any(Path(driver).exists() for driver in _DRIVERS)
    if device not in {"auto", "cuda", "mps"} or not there:
        return []
    import torch  # noqa: PLC0415

    from resgrad.training.devices import choose_device  # noqa: PLC0415

    try:
        kind = choose_device(device).type
    except ResgradError:  # of which the stage `check` says more
        return []
    if kind == "cpu":
        return []
    if kind == "mps":
        return [{}]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else map(str, range(torch.cuda.device_count()))
    return [{"CUDA_VISIBLE_DEVICES": name} for name in names]
