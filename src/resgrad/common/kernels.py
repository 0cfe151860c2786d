"""Fix which of the processor's instructions may compute, before numpy and torch are imported.

torch, numpy and the BLAS behind them pick their kernels by what the processor offers, and the kernels differ in the
last digits. ``portable`` holds all of them to AVX2 (x86-64-v3: Intel since 2013, AMD since 2015), so that every such
processor computes the same bytes; ``native`` lets them pick. On other architectures there is nothing to fix: ARM has
bytes of its own.

What else picks kernels here gives the same bytes with each: zlib, zstd and libjpeg-turbo by their definition, and the
mathematical functions of glibc, whose variant for AVX2 is its last. pandas, pyarrow and matplotlib compute what is
published with numpy or with plain C.
"""

import os
import platform
import warnings
from typing import Any, Literal

from resgrad.common.errors import ResgradError

Kernels = Literal["portable", "native"]
"""The parameter ``train.kernels``."""

CAPABILITY = "AVX2"
"""What torch calls the instruction set of ``portable``."""

PORTABLE = {
    # torch's own kernels.
    "ATEN_CPU_CAPABILITY": "avx2",
    # oneDNN: torch's convolutions.
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # MKL: torch's matrix products. With AVX2 alone, those of Intel's processors and AMD's would still differ.
    "MKL_CBWR": "COMPATIBLE",
    # OpenBLAS: matrix products of numpy and scipy.
    "OPENBLAS_CORETYPE": "Haswell",
    # numpy: of all that it could use, x86-64-v3 by its name since numpy 2.4, or bit by bit by the older ones.
    "NPY_ENABLE_CPU_FEATURES": "X86_V2 X86_V3 SSSE3 SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2",
}
"""Environment variables that hold each library to AVX2. Each is read once, when its library is loaded or first used."""

_DENIES = "NPY_DISABLE_CPU_FEATURES"
"""What numpy refuses beside the last of them."""


class KernelsError(ResgradError):
    """The instruction set that ``train.kernels`` asks for is not, or cannot be, what computes."""


def chosen(parameters: object) -> Kernels:
    """Return ``train.kernels`` from what params.yaml holds; ``portable`` where it is neither.

    Whoever reads the section ``train`` for its own sake refuses a wrong value.
    """
    section: Any = parameters.get("train") if isinstance(parameters, dict) else None
    return "native" if isinstance(section, dict) and section.get("kernels") == "native" else "portable"


def fix_instruction_set(kernels: Kernels) -> None:
    """Set the environment so, for this process and those that it starts, whatever it was.

    Must be called before numpy and torch are imported.

    Raises:
        KernelsError: the processor has no AVX2, or numpy was imported before.
    """
    # The order of a long sum depends on the number of threads, and OpenBLAS would take as many as there are cores.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for name in (*PORTABLE, _DENIES):
        os.environ.pop(name, None)
    if kernels == "portable" and _is_x86():
        os.environ.update(PORTABLE)
        _check_numpy()


def check_instruction_set(kernels: Kernels, capability: str) -> None:
    """Check that :func:`fix_instruction_set` came first.

    Args:
        kernels: what ``train.kernels`` asks for.
        capability: what torch computes with, by ``torch.backends.cpu.get_cpu_capability()``.

    Raises:
        KernelsError: the environment is not as it was fixed, or torch computes with something else.
    """
    if not _is_x86():
        return
    expected = {name: value if kernels == "portable" else None for name, value in PORTABLE.items()}
    different = [name for name, value in expected.items() if os.environ.get(name) != value]
    if different:
        raise KernelsError(_late(kernels, f"the environment says otherwise ({', '.join(different)})"))
    if kernels == "portable" and capability != CAPABILITY:
        raise KernelsError(_late(kernels, f"torch computes with {capability}, not {CAPABILITY}"))


def _is_x86() -> bool:
    return platform.machine() in {"x86_64", "AMD64"}


def _check_numpy() -> None:
    """Import numpy, which knows the processor, and see that it uses nothing beyond AVX2."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # of the names in the list, those of other versions of numpy
        try:
            import numpy as np  # noqa: PLC0415
        except RuntimeError as error:
            raise KernelsError(
                "This processor has no AVX2, which portable kernels need; set train.kernels to native in params.yaml, "
                "for results that other processors need not reproduce."
            ) from error
    used = set(np.show_config(mode="dicts")["SIMD Extensions"].get("found", ()))
    surplus = sorted(used - set(PORTABLE["NPY_ENABLE_CPU_FEATURES"].split()))
    if surplus:
        raise KernelsError(_late("portable", f"numpy computes with {', '.join(surplus)}"))


def _late(kernels: Kernels, what: str) -> str:
    return (
        f"train.kernels is {kernels}, but {what}; start a stage as `python -m stages.<name>`, which fixes the "
        "instruction set before numpy and torch are imported."
    )
