"""A Dask cluster on this machine, whose workers reproduce stages and leave nothing behind."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import cast

import psutil
from dask.config import set as set_config
from distributed import Client, LocalCluster

from resgrad.parallel.worker import StageRunner

_GRACE_SECONDS = 3.0
"""For stages, and then for workers, to end when they are asked to, before they are killed."""

_SETTINGS = {
    # A stage finds the environment that `dvc repro` would give it, and so computes the same bytes.
    "distributed.nanny.pre-spawn-environ": {},
    # A stage keeps its worker busy to the end: what could start elsewhere does not queue behind it.
    "distributed.scheduler.worker-saturation": 1.0,
    # A worker that was killed is started again, however slow the machine is just then.
    "distributed.deploy.lost-worker-timeout": "10 minutes",
    "distributed.comm.timeouts.connect": "60s",
    # What Dask measures of itself takes a twelfth of a core away from the stages.
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.profile.enabled": False,
}


@contextmanager
def local_cluster(jobs: int, runner: StageRunner, quiet: AbstractContextManager[None]) -> Iterator[Client]:
    """Yield a client of ``jobs`` workers; when the block ends, however it does, so does all that they run.

    Args:
        jobs: stages at once.
        runner: what a worker is made into.
        quiet: is entered before the workers are ended, and waits until none is writing.
    """
    with _no_survivors(), set_config(_SETTINGS):
        cluster = LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            # Dask would measure its own process, not the stage that runs below it.
            memory_limit=0,
            dashboard_address=cast(str, None),  # as its documentation has it, for none
            # What is left of its web server: for this machine alone, at whatever port is free.
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,
            # Whoever reaches the scheduler's port runs code as this user; other users of this machine must not.
            security=True,
        )
        try:
            with Client(cluster) as client:
                client.register_plugin(runner)
                yield client
        finally:
            _end_stages()
            # Not by a timeout of Dask's: a cluster whose closing is given up cannot be closed any more.
            impatience = threading.Timer(_GRACE_SECONDS, _kill_children)
            with quiet:
                impatience.start()
                cluster.close()
                impatience.cancel()


@contextmanager
def _no_survivors() -> Iterator[None]:
    try:
        yield
    finally:
        _kill_children()


def _end_stages() -> None:
    """Ask all that runs below the workers to end, and again for some seconds whatever starts meanwhile."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while stages := [stage for worker in psutil.Process().children() for stage in _below(worker)]:
        if time.monotonic() > deadline:
            return
        for stage in stages:
            with suppress(psutil.NoSuchProcess):
                stage.terminate()
        time.sleep(0.1)


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill_children() -> None:
    for process in _below(psutil.Process()):
        with suppress(psutil.NoSuchProcess):
            process.kill()
