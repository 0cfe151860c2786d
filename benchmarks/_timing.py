"""What the benchmarks share: alternatives timed in turn in one run, and a Markdown table of medians."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


def interleaved(alternatives: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Time each alternative once per round, in turn, so that a drifting machine hits all alike; seconds per call."""
    for run in alternatives.values():  # the first call pays for caches and lazy imports
        run()
    return in_turn({name: partial(timed, run) for name, run in alternatives.items()}, rounds)


def in_turn(alternatives: dict[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Call each alternative once per round, in turn; return what the calls returned."""
    results: dict[str, list[T]] = {name: [] for name in alternatives}
    for _ in range(rounds):
        for name, run in alternatives.items():
            results[name].append(run())
    return results


def timed(run: Callable[[], None]) -> float:
    """Call once; return the seconds it took."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def processor_timed(run: Callable[[], None]) -> float:
    """Call once; return the seconds that this process spent on the processor."""
    start = time.process_time()
    run()
    return time.process_time() - start


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for row in [header, ["---"] * len(header), *rows]:
        print("| " + " | ".join(row) + " |", flush=True)


def milliseconds(seconds: list[float]) -> str:
    """Format as median (minimum to maximum)."""
    return spread([1000 * value for value in seconds], 2)


def spread(values: list[float], digits: int = 1) -> str:
    """Format as median (minimum to maximum)."""
    low, middle, high = (f"{f(values):,.{digits}f}" for f in (min, statistics.median, max))
    return f"{middle} ({low} to {high})"


def ratio(seconds: list[float], reference: list[float], digits: int = 1) -> str:
    """Format the median of the ratios round by round."""
    return f"{statistics.median(a / b for a, b in zip(seconds, reference, strict=True)):.{digits}f}x"
