"""The device of a training, and reproducibility on it."""

import ctypes
import os
import platform
import shutil
import sys

import torch

from resgrad.common.config import ParameterError
from resgrad.common.kernels import CAPABILITY, Kernels, check_instruction_set
from resgrad.common.processor import describe_processor

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h: sizes above which the free end of the heap, or a separate piece, goes back to the system."""


def choose_device(name: str) -> torch.device:
    """Return the device of this name; ``auto`` is the first available of cuda, mps and cpu.

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


def check_compiler(device: torch.device) -> None:
    """Check that ``torch.compile`` can compile for this device, as far as this can be known in advance.

    Raises:
        ParameterError: the device is a CPU, which needs a C++ compiler, and there is none.
    """
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if device.type == "cpu" and shutil.which(compiler) is None:
        raise ParameterError(
            f"train.compile is true, and there is no C++ compiler {compiler} here; install it, or name another one in "
            "the environment variable CXX, or set train.compile to false."
        )


def make_repeatable(threads: int, kernels: Kernels) -> None:
    """Fix the number of threads, allow deterministic algorithms only, and check the instruction set.

    Must be called before the first CUDA call, which is when cuBLAS reads its workspace setting.

    Raises:
        KernelsError: torch does not use the instruction set of these kernels.
    """
    check_instruction_set(kernels, torch.backends.cpu.get_cpu_capability())
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Like use_deterministic_algorithms(True), which would also import torch's compiler: 1.7 s.
    torch.set_deterministic_debug_mode("error")
    torch.backends.cudnn.benchmark = False
    torch.set_num_threads(threads)


def keep_freed_memory() -> None:
    """Let the C library keep the memory of freed tensors for the next ones.

    By default glibc returns large pieces to the system, which hands them out again page by page, cleared: at 32x32
    pixels this takes a tenth of a training step. Peak memory does not grow. Other C libraries are left unchanged.
    """
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**25)  # the largest value that every version accepts
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def bytes_depend_on(device: torch.device, *, portable: bool) -> dict[str, str]:
    """Describe what of this machine a training's bytes depend on, so that another one may not go on with it.

    Args:
        device: of the training.
        portable: whether its operations are those of the portable kernels, which all processors with AVX2 share.

    Returns:
        :func:`describe_device`, without the processor where the training is portable.
    """
    described = describe_device(device)
    if portable and device.type == "cpu" and described["kernels"] == CAPABILITY:
        described = {name: value for name, value in described.items() if name not in describe_processor()}
    return described


def describe_device(device: torch.device) -> dict[str, str]:
    """Describe what a wall-clock time was measured on: device, processor, its instruction set and torch's, versions."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        **describe_processor(),
        "kernels": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
