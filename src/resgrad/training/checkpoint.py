"""Go on where an interrupted run stopped, and never where another run did.

A checkpoint lies in a folder named by a key of everything that decides the run. It is one safetensors file, replaced
as a whole after every epoch and removed when the run has succeeded. A lock keeps a second trainer from the same run.
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

import torch
from filelock import FileLock, Timeout
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from resgrad.errors import ResgradError
from resgrad.files import replacing


class BusyError(ResgradError):
    """Another process is training the very same run."""


def run_key(decides: dict[str, Any]) -> str:
    """Return 16 hexadecimal digits that stand for these JSON values, torch's version and the loaded code.

    Code counts as loaded at the time of the call: every module of ``resgrad`` and ``stages``, and the one that runs.
    """
    sources = {
        name: hashlib.sha256(Path(module.__file__).read_bytes()).hexdigest()
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in {"resgrad", "stages", "__main__"} and getattr(module, "__file__", None)
    }
    everything = {"decides": decides, "sources": sources, "torch": torch.__version__}
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:16]


class Checkpoint:
    """One safetensors file with tensors by name and a JSON value beside them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "state.safetensors"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the run for this process; if the block succeeds, the run is over and the checkpoint is removed.

        Raises:
            BusyError: another process holds it, perhaps a trainer that outlived a killed ``dvc``.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        owner = self._folder / "owner.txt"
        try:
            with FileLock(self._folder / "lock", timeout=0):
                owner.write_text(str(os.getpid()), encoding="utf-8")
                yield
                shutil.rmtree(self._folder)
        except Timeout:
            raise BusyError(
                f"{self._folder.name}: process {owner.read_text(encoding='utf-8')} is training this very run; "
                "wait until it ends, or stop it, and run the same command again."
            ) from None

    def save(self, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Replace the checkpoint."""
        whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        with replacing(self._file) as partial:
            save_file(whole, partial, metadata={"state": json.dumps(state)})

    def load(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Return what was saved last, on the host; ``None`` if this run has not got as far."""
        if not self._file.exists():
            return None
        with safe_open(self._file, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["state"])  # noqa: SIM118
