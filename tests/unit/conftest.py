"""Fixtures shared by several unit tests."""

import importlib
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resgrad.datasets import idx
from resgrad.gradients import statistics
from tests.unit.downloads import Download
from tests.unit.finished_study import write_study
from tests.unit.hostile_server import HostileServer
from tests.unit.small_sources import DIGITS, Bring


@pytest.fixture
def add_statistic(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that adds a gradient statistic for the duration of a test, and returns its file."""
    folder = tmp_path_factory.mktemp("statistics")
    monkeypatch.setattr(statistics, "__path__", [*statistics.__path__, str(folder)])

    def add(name: str, body: str, kind: str = "pa.float64()") -> Path:
        file = folder / f"{name}.py"
        file.write_text(
            f"import numpy as np\nimport pyarrow as pa\n\nTYPE = {kind}\nUNIT = ''\nMEANING = 'a toy'\n\n\n"
            f"def compute(step):\n    {body}\n",
            encoding="utf-8",
        )
        importlib.invalidate_caches()
        # Once both are set, monkeypatch restores their absence, so no later test finds the module.
        module = f"{statistics.__name__}.{name}"
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.setattr(statistics, name, None, raising=False)
        del sys.modules[module]
        return file

    return add


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server(no_proxy: None) -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def download(tmp_path: Path, no_proxy: None) -> Download:
    return Download(tmp_path)


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A folder with four small files with MNIST's names."""
    for name, array in DIGITS.items():
        idx.write(tmp_path / "digits" / name, array)
    return tmp_path / "digits"


@pytest.fixture
def leaves(tmp_path: Path) -> Path:
    """A zip with two classes."""
    with zipfile.ZipFile(tmp_path / "leaves.zip", "w") as opened:
        opened.writestr("PlantVillage/Potato___healthy/a.JPG", b"one")
        opened.writestr("PlantVillage/Potato___late/b.JPG", b"two")
    return tmp_path / "leaves.zip"


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    return Bring(tmp_path)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a study whose runs are all finished, and fake."""
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path)
    return tmp_path
