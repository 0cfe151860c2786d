"""Fixtures shared by several unit tests."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resgrad.gradients import statistics


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
