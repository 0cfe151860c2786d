"""The file of parameters: the committed one is valid, broken ones are refused, and DVC may rewrite it."""

import difflib

import pytest
from dvc.utils.hydra import apply_overrides

from resgrad.common.config import ParameterError, read
from resgrad.study import load_study
from tests.paths import PARAMS
from tests.unit.changed_params import TEXT, change


def test_the_committed_parameters_are_valid():
    study = load_study(PARAMS)
    assert study.datasets == ["mnist", "plantvillage"]
    assert study.data["mnist"].epochs > 0


def test_broken_yaml_names_the_line(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("a: 1\nb: [1, 2\nc: 3\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"params.yaml line \d is not valid YAML: "):
        read(path)


def test_a_key_given_twice_is_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("a: 1\na: 2\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="duplicate key"):
        read(path)


def test_a_number_as_dvc_rewrites_it_is_a_number(tmp_path):
    path = change(tmp_path, "learning_rate: 0.1", "learning_rate: 1e-05")
    assert load_study(path).train.learning_rate == 1e-5


@pytest.mark.parametrize(
    ("override", "removed", "added"),
    [
        ("model.residual=false", ["  residual: true"], ["  residual: false"]),
        ("data.mnist.image_size=28", ["    image_size: 16"], ["    image_size: 28"]),
        ("seeds=[0,1,2,3,4,5,6,7,8]", [], ["- 8"]),
        ("audit.seeds=[0,1]", ["  - 2"], []),
        ("tolerance.rates=[0.003,0.03]", ["  - 0.3"], []),
        ("tolerance.epochs=null", ["  epochs: 3"], ["  epochs:"]),
        ("train.clip_norm=1.0", ["  clip_norm:"], ["  clip_norm: 1.0"]),
        (
            "gradients.statistics=[grad_norm,zero_fraction,nonfinite,weight_norm,log2_hist]",
            ["  - grad_mean", "  - grad_std", "  - grad_max", "  - update_norm"],
            [],
        ),
    ],
)
def test_dvc_sets_a_parameter_and_leaves_the_manual_as_it_is(tmp_path, override, removed, added):
    """`dvc exp run -S` rewrites the file like this: comments after a list would be lost."""
    path = tmp_path / "params.yaml"
    path.write_text(TEXT, encoding="utf-8")
    apply_overrides(path, [override])
    changes = list(difflib.ndiff(TEXT.splitlines(), path.read_text(encoding="utf-8").splitlines()))
    assert [line[2:] for line in changes if line.startswith("- ")] == removed
    assert [line[2:] for line in changes if line.startswith("+ ")] == added
