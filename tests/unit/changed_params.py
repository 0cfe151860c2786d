"""The committed parameters with a change, and what is said of them."""

import json
from pathlib import Path

import pytest

from resgrad.common.config import ParameterError, read
from resgrad.study import load_study
from tests.paths import PARAMS

TEXT = PARAMS.read_text(encoding="utf-8")


def change(tmp_path: Path, old: str, new: str) -> Path:
    text = PARAMS.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def changed(tmp_path: Path, key: str, value: object) -> Path:
    """Set the parameter at a dotted key."""
    path = tmp_path / "params.yaml"
    parameters = read(PARAMS)
    block = parameters
    *above, last = key.split(".")
    for name in above:
        block = block[name]
    block[last] = value
    path.write_text(json.dumps(parameters), encoding="utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(ParameterError) as caught:
        load_study(path)
    return str(caught.value)
