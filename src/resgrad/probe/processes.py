"""Work on all cores that this process may use; their number changes only the time."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

import pandas as pd
from tqdm import tqdm

from resgrad.common.kernels import Kernels
from resgrad.common.processor import cores
from resgrad.training.devices import make_repeatable

Item = TypeVar("Item")
ForEach = Callable[[Callable[[Item], pd.DataFrame], Sequence[Item]], pd.DataFrame]


@contextmanager
def processes(kernels: Kernels) -> Iterator[ForEach]:
    """Start a single-threaded process per core; they end with the context.

    Args:
        kernels: the instruction set fixed in this process, which the others inherit.

    Yields:
        a function that applies a function to items and returns the resulting frames, in their order, as one frame.
    """
    # Spawned, not forked: a fork of a process that has used torch's threads may hang.
    with ProcessPoolExecutor(cores(), get_context("spawn"), _start, (kernels,)) as pool:

        def for_each(function: Callable[[Item], pd.DataFrame], items: Sequence[Item]) -> pd.DataFrame:
            frames = pool.map(function, items)
            # disable=None: no bar where standard error is not a terminal.
            bar = tqdm(frames, desc="probe", total=len(items), leave=False, disable=None)
            return pd.concat(bar, ignore_index=True)

        yield for_each


def _start(kernels: Kernels) -> None:
    make_repeatable(threads=1, kernels=kernels)
    # Imported objects stay, and need not be scanned at every collection: that is a sixth of the time of networks of a
    # thousand layers, which are many small objects.
    gc.freeze()
