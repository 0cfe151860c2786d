"""Processes that a test started, directly or indirectly."""

import os
import signal
import time


def wait_until_gone(pid: int) -> None:
    """Wait until a process has ended; kill it and fail if it does not."""
    deadline = time.monotonic() + 240
    while _alive(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"process {pid} has outlived the run")
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
