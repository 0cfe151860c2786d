"""Parameters that must fit each other: variants, networks, initial weights, statistics and sizes."""

import pytest

from resgrad.common.config import ParameterError, load, read
from resgrad.models.config import ModelConfig, load_model
from resgrad.study import Study, load_study
from tests.paths import PARAMS
from tests.unit.changed_params import change, complaint


def test_the_variant_that_is_reported_is_among_those_that_are_trained(tmp_path):
    path = change(tmp_path, "- plain\n", "")
    assert load_study(path).variants == ["residual"]
    path.write_text(path.read_text().replace("residual: true", "residual: false"), encoding="utf-8")
    assert complaint(path) == "model.residual asks for the plain networks, which are not among the variants."


def test_what_builds_networks_knows_nothing_of_the_variant_that_is_reported():
    section = read(PARAMS)["model"]
    config = load_model(section)
    assert load_model({**section, "residual": "maybe"}) == config
    assert config.model_dump().keys() == section.keys() - {"residual"}
    with pytest.raises(ParameterError, match=r"^model.residual is not a parameter; "):
        load(ModelConfig, section, "model")
    with pytest.raises(ParameterError, match=r"^model.residul is not a parameter; "):
        load_model({**section, "residul": True})
    with pytest.raises(ParameterError, match=r"^model is null; allowed: a mapping of network, shortcut, "):
        load_model(None)


def test_initial_weights_that_plain_networks_cannot_learn_from_are_for_residual_ones(tmp_path):
    path = change(tmp_path, "- plain\n", "")
    path.write_text(path.read_text().replace("initialization: he", "initialization: zero_gamma"), encoding="utf-8")
    assert load_study(path).model.initialization == "zero_gamma"


@pytest.mark.parametrize("name", ["grad_mean", "grad_std", "grad_max", "update_norm"])
def test_statistics_that_nothing_reads_may_be_left_out(tmp_path, name):
    assert name not in load_study(change(tmp_path, f"  - {name}\n", "")).gradients.statistics


@pytest.mark.parametrize(
    ("model", "depths", "sentence"),
    [
        ({"network": "fully_connected"}, [2], "depths has 2, at which plain and residual fully_connected are the same"),
        (
            {"network": "imagenet_resnet", "normalization": "group", "width": 1},
            [18],
            "data.mnist.image_size is 16, at which normalization group gets groups of a single value in imagenet_re",
        ),
    ],
)
def test_networks_that_do_not_fit_the_rest_of_the_study_are_refused(model, depths, sentence):
    values = read(PARAMS)
    with pytest.raises(ParameterError) as caught:
        load(Study, {**values, "depths": depths, "model": {**values["model"], **model}})
    assert str(caught.value).startswith(sentence)
