"""Resume an interrupted run from its own checkpoint, and never from another run's.

A checkpoint lies in a folder named by a key of everything that decides the run. It is one safetensors file, replaced
as a whole after every epoch and removed when the run has succeeded. A lock keeps a second process out of the same run.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from resgrad.common.errors import ResgradError
from resgrad.common.files import replacing


class BusyError(ResgradError):
    """Another process is training the same run."""


def run_key(decides: dict[str, Any]) -> str:
    """Return a hash (16 hexadecimal digits) of these JSON values, the versions of torch and numpy, and the code.

    The code is every module of ``resgrad`` and ``stages`` loaded at the time of the call, and the main module; so build
    the network first.
    """
    sources = {
        name: hashlib.sha256(Path(file).read_bytes()).hexdigest()
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in {"resgrad", "stages", "__main__"} and (file := getattr(module, "__file__", None))
    }
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    everything = {"decides": decides, "sources": sources, "versions": versions}
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:16]


class Checkpoint:
    """One safetensors file with tensors by name and a JSON value beside them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "state.safetensors"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Reserve the run for this process; if the block succeeds, the run is over and the checkpoint is removed.

        Raises:
            BusyError: another process holds it, perhaps a training that outlived a killed ``dvc``.
        """
        # Beside the folder, not in it: the folder is removed while the lock is still held.
        lock = self._folder.with_name(f"{self._folder.name}.lock")
        owner = self._folder / "owner.txt"
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(lock, timeout=0):
                self._folder.mkdir(exist_ok=True)
                owner.write_text(str(os.getpid()), encoding="utf-8")
                yield
                shutil.rmtree(self._folder, ignore_errors=True)
                lock.unlink(missing_ok=True)
        except Timeout:
            try:
                process = f"process {owner.read_text(encoding='utf-8')}"
            except FileNotFoundError:
                process = "another process"
            raise BusyError(
                f"{self._folder.name}: {process} is training this very run; "
                "wait until it ends, or stop it, and run the same command again."
            ) from None

    def save(self, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Replace the checkpoint."""
        whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        with replacing(self._file) as partial:
            save_file(whole, partial, metadata={"state": json.dumps(state)})

    def load(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Return the last checkpoint, on the host; ``None`` if there is none, or if a power cut damaged it."""
        if not self._file.exists():
            return None
        try:
            with safe_open(self._file, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["state"])  # noqa: SIM118
        except SafetensorError:
            print(f"{self._file} is damaged; the run starts afresh.", file=sys.stderr)
            return None
