"""Whether so many stages at once fit into the memory of this machine."""

import resource
import sys

from distributed.system import MEMORY_LIMIT

TYPICAL = 2**30
"""Bytes that a stage and the process that runs it are taken to need, as long as none has been seen to need more."""

_UNIT = 1 if sys.platform == "darwin" else 1024


def largest_child() -> int:
    """Return the memory of the largest process that this one has started and waited for, in bytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _UNIT


def jobs_that_fit(largest: int = TYPICAL, memory: int = MEMORY_LIMIT) -> int:
    """Return how many stages of this size fit into the memory that this process may use; one always does."""
    return max(1, memory // largest)


def shortage(jobs: int, largest: int = TYPICAL, memory: int = MEMORY_LIMIT) -> str | None:
    """Say that so many stages at once may not fit, if that is so.

    Args:
        jobs: stages at once.
        largest: bytes of the largest one.
        memory: bytes that there are; a limit on this process or its container counts.
    """
    fit = jobs_that_fit(largest, memory)
    if jobs <= fit:
        return None
    return (
        f"{jobs} stages at once may need {jobs} x {largest / 2**30:.1f} GiB, and there are {memory / 2**30:.1f} GiB; "
        f"run fewer: make repro JOBS={fit}."
    )
