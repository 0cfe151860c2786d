"""Where a training runs, and how it is kept repeatable there."""

import os
import platform

import torch

from resgrad.common.config import ParameterError


def choose_device(name: str) -> torch.device:
    """Return the device of this name; ``auto`` is the first of cuda, mps and cpu that there is.

    Raises:
        ParameterError: the device is not available here.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, there in available.items() if there)
    if not available[name]:
        there = ", ".join(device for device, there in available.items() if there)
        raise ParameterError(f"train.device is {name!r}, which torch does not find here; allowed here: auto, {there}.")
    return torch.device(name)


def make_repeatable(threads: int) -> None:
    """Fix the number of threads and allow deterministic algorithms only.

    Must be called before the first CUDA call: cuBLAS reads its workspace setting then.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    torch.set_num_threads(threads)


def describe_device(device: torch.device) -> dict[str, str]:
    """Name what a wall-clock time was measured on."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "processor": _processor(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - not a file of ours
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
