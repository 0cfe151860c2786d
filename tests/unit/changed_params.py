"""The committed parameters with a change, and what is said of them."""

from pathlib import Path

import pytest

from resgrad.common.config import ParameterError
from resgrad.study import load_study
from tests.paths import PARAMS

TEXT = PARAMS.read_text(encoding="utf-8")


def change(tmp_path: Path, old: str, new: str) -> Path:
    text = PARAMS.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(ParameterError) as caught:
        load_study(path)
    return str(caught.value)
