"""What a process of its own takes: time, processor time, and the most memory at a time; for Linux."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAUSE = 0.1
"""Seconds between two looks at the memory; what is shorter may be missed."""
OWN = re.compile(r"^Pss_(?:Anon|Shmem): +(\d+) kB", re.MULTILINE)


class Usage(NamedTuple):
    """What a process took, and those that it started."""

    seconds: float
    """On the clock."""
    processor: float
    """Seconds of the processors, user and system."""
    peak: float
    """MiB that no file backs, at most: what the system cannot take back. Shared pages count once."""
    returncode: int
    output: str
    """Standard output."""
    errors: str
    """Standard error."""


def measure(arguments: list[str], folder: Path, *, may_fail: bool = False) -> Usage:
    """Run this Python, which finds the stages and the benchmarks, in a folder, and watch it; end here if it fails."""
    start = time.perf_counter()
    with (
        TemporaryFile("w+") as output,
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=errors,
        ) as process,
    ):
        peak = 0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = max(peak, unbacked(process.pid))
            time.sleep(PAUSE)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        output.seek(0)
        errors.seek(0)
        usage = ended[2]
        found = Usage(
            seconds, usage.ru_utime + usage.ru_stime, peak / 1024, process.returncode, output.read(), errors.read()
        )
    if found.returncode and not may_fail:
        sys.exit(found.errors)
    return found


def unbacked(pid: int) -> int:
    """Return the kB of a process, and of those that it started, that lie in no file."""
    try:
        own = Path(f"/proc/{pid}/smaps_rollup").read_text()
        started = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:  # it has just ended
        return 0
    return sum(map(int, OWN.findall(own))) + sum(map(unbacked, map(int, started.split())))
