"""Identify the processor by what decides its results and its speed; one marketing name can cover several."""

import os
import platform
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")

_WIDEST = {"avx512f": "AVX512", "avx2": "AVX2", "avx": "AVX", "sse4_2": "SSE4.2"}
"""Vector instructions of x86-64, widest first, by Linux's flag for them."""


def cores() -> int:
    """Count the cores that this process may use, if the system reports them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_processor() -> dict[str, str]:
    """Name the processor and its widest vector instructions.

    Returns:
        ``processor``, such as ``AuthenticAMD family 25 model 1 stepping 1``, and ``instruction_set``, such as ``AVX2``.
        Where the system does not report these (not Linux, or not x86-64), its name for the processor and the
        architecture.
    """
    try:
        lines = _CPUINFO.read_text(encoding="utf-8").split("\n\n")[0].splitlines()
        facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        processor = (
            f"{facts['vendor_id']} family {facts['cpu family']} model {facts['model']} stepping {facts['stepping']}"
        )
    except (OSError, KeyError):
        return {"processor": platform.processor() or platform.machine(), "instruction_set": platform.machine()}
    flags = facts.get("flags", "").split()
    widest = next((name for flag, name in _WIDEST.items() if flag in flags), platform.machine())
    return {"processor": processor, "instruction_set": widest}
