"""The stage before all others, and what it derives from the parameters."""

import json
import shutil

import pytest
from ruamel.yaml import YAML

from resgrad.common.config import ParameterError
from resgrad.datasets.formats import cifar as cifar_format
from resgrad.download.changes import RECORDS, record
from resgrad.study import load_study
from stages._resolved import code
from stages.check import check, check_with
from tests.paths import PARAMS


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Return a function that checks the committed parameters with further statistics, and returns all outputs."""
    monkeypatch.chdir(tmp_path)
    values = YAML(typ="safe").load(PARAMS)

    def run(*more):
        gradients = {**values["gradients"], "statistics": [*values["gradients"]["statistics"], *more]}
        YAML().dump({**values, "gradients": gradients}, tmp_path / "params.yaml")
        check()
        return {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}

    return run


def test_the_code_of_dear_stages_becomes_parameters(checked):
    written = checked()
    assert sorted(written) == ["checked.txt", "params.json"]
    resolved = json.loads(written["params.json"])
    assert resolved["code"] == code(load_study(PARAMS))
    assert sorted(resolved["code"]) == ["audit", "download", "rate", "train"]
    assert resolved["code"]["download"].keys() == resolved["data"].keys()
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


@pytest.mark.parametrize(
    ("parameters", "changed"),
    [
        ({"activation": "elu"}, ["rate", "train"]),
        ({"shortcut": "highway"}, ["rate", "train"]),
        ({"residual": False}, []),
    ],
)
def test_a_kind_that_is_chosen_changes_the_code_of_the_stages_that_build_it(parameters, changed):
    study = load_study(PARAMS)
    before, after = code(study), code(study.model_copy(update={"model": study.model.model_copy(update=parameters)}))
    assert [stage for stage in before if before[stage] != after[stage]] == changed


def test_sets_of_one_format_have_the_same_code_and_others_another():
    download = code(load_study(PARAMS))["download"]
    assert download["mnist"] == download["fashion_mnist"]
    assert len({download["mnist"], download["plantvillage"], download["cifar10"]}) == 3


def test_defaults_are_filled_in_and_the_source_and_the_switch_left_out(checked):
    resolved = json.loads(checked()["params.json"])
    values = YAML(typ="safe").load(PARAMS)
    assert {"source"} == values["data"]["mnist"].keys() - resolved["data"]["mnist"].keys()
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


@pytest.fixture
def parameters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(PARAMS, tmp_path / "params.yaml")
    return tmp_path / "params.yaml"


def test_overrides_are_checked_as_dvc_reads_them_and_change_nothing(parameters):
    check_with(["datasets=[beans]", '+data.beans={format: folder, source: "/my/archive (1).zip"}'])
    check_with(['data.plantvillage.source="/my/archive (1).zip"', "seeds=[7]"])
    assert parameters.read_bytes() == PARAMS.read_bytes()
    assert list(parameters.parent.iterdir()) == [parameters]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("datasets=[beans]", "data.beans is missing; beans is among the datasets."),
        ("train.compile=true", "there is no C.. compiler no-such-compiler here"),
        ("train.epoch=3", r"-S 'train.epoch=3' cannot be used: Could not override 'train.epoch'"),
        ("data.mnist.source=/my/archive (1).zip", "cannot be used: .*; quote it"),
        ("+data.beans={format: folder}", "data.beans.source is missing"),
        ("+data.beans={format: folder, source: ${HOME}/beans}", "'HOME' not found; .* write the path itself"),
        ('data.mnist.source="/my/${x}"', "'x' not found; .* write the path itself"),
        ("+data.Beans={format: folder, source: x}", "data.Beans is not a parameter; allowed: lower-case letters"),
    ],
)
def test_an_override_that_cannot_be_used_is_one_sentence(parameters, override, said, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ParameterError, match=said) as caught:
        check_with([override])
    assert "\n" not in str(caught.value)


def test_a_source_that_changed_is_named_before_an_experiment(parameters, capsys):
    source = parameters.parent / "beans"
    source.mkdir()
    record(source, RECORDS)
    (source / "1.jpg").write_text("new")
    check_with(["datasets=[beans]", f"+data.beans={{format: folder, source: {source}}}"])
    assert capsys.readouterr().err == (
        f"{source} has changed since it was brought in: 1 file added (such as 1.jpg); "
        "`dvc repro -f download@beans` brings it in again.\n"
    )
