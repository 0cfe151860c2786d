"""Fix the instruction set that kernels may use, before numpy and torch are imported.

torch, numpy and their BLAS libraries choose kernels by the features of the processor, and the kernels differ in the
last digits. ``portable`` restricts all of them to AVX2 (x86-64-v3: Intel since 2013, AMD since 2015), so that every
such processor computes the same bytes; ``native`` lets them choose. Other architectures are left alone: ARM computes
different bytes anyway.

Other libraries choose kernels too, but the choice does not change a byte: zlib, zstd and libjpeg-turbo have a defined
output, and glibc's mathematical functions have no variant beyond AVX2. pandas, pyarrow and matplotlib compute published
values with numpy or in plain C.
"""

import os
import platform
import warnings
from typing import Any, Literal

from resgrad.common.errors import ResgradError

Kernels = Literal["portable", "native"]
"""The parameter ``train.kernels``."""

CAPABILITY = "AVX2"
"""torch's name for the instruction set of ``portable``."""

PORTABLE = {
    # torch's own kernels.
    "ATEN_CPU_CAPABILITY": "avx2",
    # oneDNN: torch's convolutions.
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    # MKL: torch's matrix products. With AVX2 alone, Intel's and AMD's processors would still differ.
    "MKL_CBWR": "COMPATIBLE",
    # OpenBLAS: matrix products of numpy and scipy.
    "OPENBLAS_CORETYPE": "Haswell",
    # numpy: the features of x86-64-v3, under that name since numpy 2.4 and one by one in older versions.
    "NPY_ENABLE_CPU_FEATURES": "X86_V2 X86_V3 SSSE3 SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2",
}
"""Environment variables that restrict each library to AVX2. Each is read once, when its library is loaded or used."""

_DENIES = "NPY_DISABLE_CPU_FEATURES"
"""numpy does not accept this variable together with NPY_ENABLE_CPU_FEATURES."""


class KernelsError(ResgradError):
    """The instruction set that ``train.kernels`` asks for is not, or cannot be, in use."""


def chosen(parameters: object) -> Kernels:
    """Return ``train.kernels`` from the content of params.yaml; ``portable`` unless it says ``native``.

    A wrong value is refused later, when the section ``train`` is validated.
    """
    section: Any = parameters.get("train") if isinstance(parameters, dict) else None
    return "native" if isinstance(section, dict) and section.get("kernels") == "native" else "portable"


def fix_instruction_set(kernels: Kernels) -> None:
    """Set the environment variables for this process and its children, overriding earlier values.

    Must be called before numpy and torch are imported.

    Raises:
        KernelsError: the processor has no AVX2, or numpy was imported before.
    """
    # The order of a long sum depends on the number of threads, and OpenBLAS would start one per core.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for name in (*PORTABLE, _DENIES):
        os.environ.pop(name, None)
    if kernels == "portable" and _is_x86():
        os.environ.update(PORTABLE)
        _check_numpy()


def check_instruction_set(kernels: Kernels, capability: str) -> None:
    """Check that :func:`fix_instruction_set` came first.

    Args:
        kernels: the value of ``train.kernels``.
        capability: the instruction set of torch, from ``torch.backends.cpu.get_cpu_capability()``.

    Raises:
        KernelsError: the environment variables have other values, or torch uses another instruction set.
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
    """Import numpy, which knows the processor, and check that it uses nothing beyond AVX2."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # about names in the list that this version does not know
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
