"""What all formats must offer."""

import sys

import pytest

from resgrad.common.kinds import kinds, load_kind
from resgrad.datasets import formats
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.preprocess import preprocess
from resgrad.study import DatasetSection

CHECKED = {"idx", "cifar", "folder"}
"""Formats with tests of their own, in ``test_format_<name>.py``; add a new one here together with its tests."""


def test_no_format_is_without_its_checks():
    assert set(kinds(formats)) == CHECKED


@pytest.mark.parametrize("name", kinds(formats))
def test_a_format_has_a_default_for_every_key_but_two(name):
    kind = load_kind(formats, name)
    assert kind.DEFAULTS.keys() == DatasetSection.model_fields.keys() - {"format", "source"}
    section = DatasetSection.model_validate({"format": name, "source": "somewhere"})
    assert (section.test_fraction is None) == kind.BRINGS_TEST
    assert kind.__doc__
    for function in ("bring", "opened"):
        assert getattr(kind, function).__doc__


def test_a_new_format_is_one_file(tmp_path, monkeypatch):
    """A text file of numbers, one per line: the brightness of an image of 8 x 8 equal pixels."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "toy.py").write_text(
        "from contextlib import contextmanager\n"
        "import numpy as np\n"
        "from resgrad.datasets.listing import Listing\n"
        "@contextmanager\n"
        "def opened(folder, shown):\n"
        "    values = [int(line) for line in (folder / 'toy.txt').read_text().split()]\n"
        "    yield Listing(\n"
        "        classes=['dark', 'light'],\n"
        "        labels=np.array([int(value > 100) for value in values]),\n"
        "        id_of=lambda place: f'line-{place}',\n"
        "        read=lambda place: np.full((8, 8), values[place], np.uint8),\n"
        "        marks=values,\n"
        "    )\n"
    )
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(package)])
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "provenance.json").write_text('{"provenance": "custom"}')
    (raw / "toy.txt").write_text("\n".join(map(str, range(200))))
    config = PreprocessConfig(
        image_size=8, color="grey", train_limit=None, validation_fraction=0.2, test_fraction=0.2, split="random"
    )
    try:
        metrics = preprocess(raw, tmp_path / "shards", config, format_name="toy").metrics["custom"]
    finally:
        sys.modules.pop("resgrad.datasets.formats.toy", None)
    assert "toy" in kinds(formats)
    assert metrics["counts"]["test"] == {"dark": 20, "light": 20}
