"""The stage that comes before all others, and what it derives from the parameters."""

import hashlib
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from resgrad.datasets.formats import cifar as cifar_format
from resgrad.gradients.statistics import digests
from stages.check import check
from tests.paths import PARAMS


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Return a function that checks the committed parameters, with these statistics besides; returns all outputs."""
    monkeypatch.chdir(tmp_path)
    values = YAML(typ="safe").load(PARAMS)

    def run(*more):
        gradients = {**values["gradients"], "statistics": [*values["gradients"]["statistics"], *more]}
        YAML().dump({**values, "gradients": gradients}, tmp_path / "params.yaml")
        check()
        return {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}

    return run


def test_the_files_of_the_chosen_statistics_become_parameters(checked):
    written = checked()
    assert sorted(written) == ["checked.txt", "params.json"]
    names = YAML(typ="safe").load(PARAMS)["gradients"]["statistics"]
    assert json.loads(written["params.json"])["gradients"] == {"statistics": digests(names)}
    assert checked() == written


def test_a_statistic_that_is_added_changes_nothing_until_it_is_named_and_then_with_its_file(checked, add_statistic):
    before = checked()
    file = add_statistic("toy", "return step.gradients.norms")
    assert checked() == before
    named = checked("toy")
    assert named["checked.txt"] == before["checked.txt"]
    assert named["params.json"] != before["params.json"]
    file.write_text(file.read_text() + "# edited\n", encoding="utf-8")
    edited = checked("toy")
    assert edited["params.json"] != named["params.json"]
    assert edited["checked.txt"] == named["checked.txt"]


def test_defaults_are_filled_in_and_the_source_and_the_switch_left_out(checked):
    resolved = json.loads(checked()["params.json"])
    values = YAML(typ="safe").load(PARAMS)
    assert {"source"} == values["data"]["mnist"].keys() - resolved["data"]["mnist"].keys()
    digest = resolved["data"]["cifar10"].pop("format_sha256")
    assert digest == hashlib.sha256(Path(cifar_format.__file__).read_bytes()).hexdigest()
    assert digest != resolved["data"]["mnist"].pop("format_sha256")
    assert values["data"]["cifar10"].keys() == {"format", "source"}
    cifar = resolved["data"]["cifar10"]
    assert cifar.keys() == resolved["data"]["mnist"].keys() == {"format"} | cifar_format.DEFAULTS.keys()
    assert {key: cifar[key] for key in ("image_size", "color", "epochs")} == {
        "image_size": 32,
        "color": "rgb",
        "epochs": 12,
    }
    assert cifar["augment"] == {
        **dict.fromkeys(values["data"]["mnist"]["augment"], 0),
        "horizontal_flip": True,
        "crop_padding": 4,
    }
    assert resolved["model"] == {key: value for key, value in values["model"].items() if key != "residual"}
