"""A Dask cluster on this machine, whose workers reproduce stages and leave nothing behind."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dask
import psutil
from distributed import Client, LocalCluster

from resgrad.parallel.worker import StageRunner

_GRACE_SECONDS = 3.0
"""For DVC to write down what it has done after a stage was ended."""

_SETTINGS = {
    # A stage finds the environment that `dvc repro` would give it, and so computes the same bytes.
    "distributed.nanny.pre-spawn-environ": {},
    # A stage keeps its worker busy to the end: what could start elsewhere does not queue behind it.
    "distributed.scheduler.worker-saturation": 1.0,
    # A worker that was killed is started again, however slow the machine is just then.
    "distributed.deploy.lost-worker-timeout": "10 minutes",
    "distributed.worker.profile.enabled": False,
    "distributed.comm.timeouts.connect": "60s",
}


@contextmanager
def local_cluster(jobs: int, targets: list[str], columns: int) -> Iterator[Client]:
    """Yield a client of ``jobs`` workers; when the block ends, however it does, so does all that they run.

    Args:
        jobs: stages at once.
        targets: of the pipeline.
        columns: width of the terminal in which progress bars are shown.
    """
    with dask.config.set(_SETTINGS):
        cluster = LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            # Dask would measure its own process, not the stage that runs below it.
            memory_limit=0,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            # Other users of this machine can reach the ports, and whoever talks to the scheduler runs code as this user.
            security=True,
        )
        try:
            with Client(cluster) as client:
                client.register_plugin(StageRunner(targets, columns))
                yield client
                end_stages()
        finally:
            end_stages(_GRACE_SECONDS)
            cluster.close(timeout=_GRACE_SECONDS)
            for process in psutil.Process().children(recursive=True):
                process.kill()


def end_stages(seconds: float = 0) -> None:
    """Ask all that runs below the workers to end, and again for some seconds whatever starts meanwhile."""
    deadline = time.monotonic() + seconds
    while stages := [stage for worker in psutil.Process().children() for stage in worker.children(recursive=True)]:
        for stage in stages:
            stage.terminate()
        if time.monotonic() > deadline:
            return
        time.sleep(0.1)
