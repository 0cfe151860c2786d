"""A Dask scheduler and workers, as someone would start them on several machines; here on one."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

_DASK = (sys.executable, "-m", "dask")
HIDDEN = shutil.which("unshare") is not None and os.geteuid() == 0
"""Whether a folder can be hidden from a process, in a mount namespace of its own."""


class Machines:
    """A scheduler and its workers, in a folder for their logs; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._address_file = folder / "scheduler.json"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "PYTHON", "GIT_"))},
            "DVC_NO_ANALYTICS": "1",
            "PATH": os.defpath,
            # A run that was killed gives way to the next one within seconds.
            "DASK_DISTRIBUTED__SCHEDULER__LOCKS__LEASE_TIMEOUT": "3s",
        }
        self._started: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", *_DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0",
            "--scheduler-file", str(self._address_file),
        )  # fmt: skip
        self.address = _line_after(folder / "scheduler.log", "Scheduler at:")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            _end(process)

    @contextmanager
    def worker_for_now(self, name: str, *options: str, hides: Path, **environment: str) -> Iterator[None]:
        """Start a worker as :meth:`worker` does, and end it with the block."""
        process = self.worker(name, *options, hides=hides, **environment)
        try:
            yield
        finally:
            process.terminate()
            _end(process)

    def worker(
        self, name: str, *options: str, hides: Path | None = None, **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it is there.

        Args:
            name: what it is called.
            options: of `dask worker`.
            hides: a folder that it cannot see.
            environment: variables.
        """
        hide = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{hides}" && exec "$@"', "sh"] if hides else []
        process = self._start(
            name, *hide, *_DASK, "worker", self.address, "--name", name, "--no-dashboard",
            "--local-directory", str(self.folder / f"{name}-files"), *(options or ("--nthreads", "1")), **environment,
        )  # fmt: skip
        _line_after(self.folder / f"{name}.log", "Registered to:")
        return process

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def _start(self, name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _line_after(log: Path, what: str) -> str:
    deadline = time.monotonic() + 300
    while what not in (text := log.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
    return text.partition(what)[2].split()[0]
