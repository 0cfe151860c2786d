"""A Dask cluster that others have started, on this machine or on many, as the place where stages run."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import cloudpickle
from distributed import Client, Lock

from resgrad.common.errors import ResgradError
from resgrad.parallel.versions import SYSTEM, difference
from resgrad.parallel.worker import StageRunner, refusal

_CONNECT_SECONDS = 10
_ALONE_SECONDS = 45
"""For the lock of a run that was killed to be given up; Dask does that after 30 seconds."""


class ClusterError(ResgradError):
    """The scheduler, or a worker, cannot be used."""


@contextmanager
def connected(address: str, say: Callable[[str], None]) -> Iterator[Client]:
    """Yield a client of the scheduler, for a run that no other one shares it with, once it has a worker.

    Args:
        address: such as tcp://host:8786.
        say: told what is waited for.

    Raises:
        ClusterError: there is no scheduler, or another run uses it.
    """
    # Workers need not have this code: it is sent to them, whatever they could import.
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "resgrad"]:
        cloudpickle.register_pickle_by_value(module)
    for name in ("distributed", "distributed.client", "tornado.application"):  # what matters is said in a sentence
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"No scheduler answers at {address}: {' '.join(str(error).split())}; start one with `dask scheduler`."
        ) from error
    with client:
        if not Lock("resgrad").acquire(timeout=_ALONE_SECONDS):
            raise ClusterError(f"Another run uses the scheduler at {address}; wait for it, or start one for this run.")
        if not _workers(client):
            say(f"Waiting for a worker: dask worker {address} --nthreads 1")
            client.wait_for_workers(1)
        yield client


@contextmanager
def made_into(runner: StageRunner, client: Client) -> Iterator[None]:
    """Make every worker, also one that comes later, into one that reproduces stages, for as long as the block runs.

    Raises:
        ClusterError: a worker cannot be used.
    """
    left = [address for address, at_work in _on_workers(client, _at_work).items() if at_work]
    if left:  # by a run that was killed
        client.unregister_worker_plugin(StageRunner.name)
        _restart(client, left)
    try:
        client.register_plugin(runner)
        for address, why in _on_workers(client, refusal).items():
            if why:
                raise ClusterError(f"The worker at {address} cannot take part: {why}.")
        yield
    finally:
        # A process that was made into such a worker is one for good; a new one takes its place, and its stage ends.
        with suppress(Exception):
            client.unregister_worker_plugin(StageRunner.name)
            _restart(client, list(_workers(client)))


def check_versions(client: Client, wanted: dict[str, str | None]) -> None:
    """Refuse machines on which versions differ, before any code goes there.

    Args:
        client: of the scheduler.
        wanted: by name. Dask does not know the C library and the processor; :class:`StageRunner` looks at them.

    Raises:
        ClusterError: there is such a machine.
    """
    wanted = {name: version for name, version in wanted.items() if name == "python" or name not in SYSTEM}
    found: Any = client.get_versions(packages=sorted(wanted.keys() - {"python"}))
    for address, machine in found["workers"].items():
        if why := difference(wanted, machine["packages"]):
            raise ClusterError(f"The worker at {address} cannot take part: {why}.")
    shared = {name: wanted[name] for name in ("python", "dask", "distributed")}
    if why := difference(shared, found["scheduler"]["packages"]):
        raise ClusterError(f"The scheduler cannot be used: {why}.")


def _on_workers(client: Client, function: Callable) -> dict[str, Any]:
    return cast(dict[str, Any], client.run(function))


def _at_work(dask_worker: Any) -> bool:
    return StageRunner.name in dask_worker.plugins


def _workers(client: Client) -> dict[str, Any]:
    return client.scheduler_info(n_workers=-1)["workers"]


def _restart(client: Client, addresses: list[str]) -> None:
    if addresses:
        client.restart_workers(addresses, raise_for_error=False)
