"""Plug-ins are found by their names, and every network has a check of its own."""

from types import ModuleType
from typing import Annotated

import pytest

from resgrad.common.config import ParameterError, Section, load
from resgrad.common.kinds import kinds, load_kind, one_of
from resgrad.models import networks
from tests.unit import (
    test_blocks,
    test_densenet,
    test_densenet_bc,
    test_imagenet_resnet,
    test_models,
    test_residual_attention,
    test_vgg,
)


@pytest.fixture
def fruits(tmp_path, monkeypatch) -> ModuleType:
    """A package of two kinds."""
    folder = tmp_path / "fruits"
    folder.mkdir()
    for name in ("__init__", "pear", "apple"):
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\n", encoding="utf-8")
    (folder / "notes.txt").touch()
    monkeypatch.syspath_prepend(tmp_path)
    package = ModuleType("fruits")
    package.__path__ = [str(folder)]
    return package


def test_every_module_of_a_package_is_a_kind_and_nothing_else(fruits):
    assert kinds(fruits) == ["apple", "pear"]


def test_a_kind_is_imported_by_its_name(fruits):
    assert load_kind(fruits, "pear").NAME == "pear"


def test_a_section_takes_the_names_of_kinds_and_no_others(fruits):
    class Basket(Section):
        first: Annotated[str, one_of(fruits)]
        others: list[Annotated[str, one_of(fruits)]]

    assert load(Basket, {"first": "pear", "others": ["apple", "pear"]}, "basket").first == "pear"
    with pytest.raises(ParameterError) as caught:
        load(Basket, {"first": "stone", "others": ["apple", 1, "notes"]}, "basket")
    assert str(caught.value).splitlines() == [
        "basket.first is 'stone'; allowed: apple, pear.",
        "basket.others.1 is 1; allowed: text.",
        "basket.others.2 is 'notes'; allowed: apple, pear.",
    ]


# --- networks ----------------------------------------------------------------------------------------------------

CHECKS = {
    "cifar_bottleneck": (
        test_blocks.test_a_block_of_convolutions_is_its_formula,
        test_models.test_bottlenecks_have_the_published_parameters,
    ),
    "cifar_preactivation": (
        test_blocks.test_a_whole_network_is_stem_stages_mean_and_head,
        test_models.test_pre_activation_has_the_published_parameters,
    ),
    "cifar_preactivation_bottleneck": (
        test_blocks.test_a_block_of_convolutions_is_its_formula,
        test_models.test_pre_activation_bottlenecks_have_the_published_parameters,
    ),
    "cifar_residual_in_residual": (
        test_blocks.test_a_whole_network_is_stem_stages_mean_and_head,
        test_models.test_residual_in_residual_adds_nothing,
    ),
    "cifar_resnet": (
        test_blocks.test_a_whole_network_is_stem_stages_mean_and_head,
        test_models.test_networks_of_basic_blocks_have_the_published_parameters,
    ),
    "cifar_squeeze_excitation": (
        test_blocks.test_a_block_of_convolutions_is_its_formula,
        test_models.test_squeeze_excitation_has_the_parameters_that_others_count,
    ),
    "cifar_wide": (
        test_blocks.test_a_whole_network_is_stem_stages_mean_and_head,
        test_models.test_wide_networks_have_the_published_parameters,
    ),
    "densenet": (
        test_densenet.test_the_network_is_its_formula,
        test_densenet.test_parameter_counts_are_the_published_ones,
    ),
    "densenet_bc": (
        test_densenet_bc.test_the_network_is_its_formula,
        test_densenet_bc.test_parameter_counts_are_the_published_ones,
    ),
    "fully_connected": (
        test_blocks.test_a_fully_connected_network_is_stem_blocks_rest_and_head,
        test_models.test_fully_connected_networks_have_the_parameters_of_their_formula,
    ),
    "imagenet_resnet": (
        test_imagenet_resnet.test_outputs_gradients_and_statistics_are_those_of_torchvision,
        test_imagenet_resnet.test_parameter_counts_are_the_published_ones,
    ),
    "residual_attention": (
        test_residual_attention.test_the_network_is_stem_stages_tail_mean_and_head,
        test_residual_attention.test_attention_56_has_the_published_number_of_parameters,
    ),
    "vgg": (
        test_vgg.test_the_stages_of_the_plain_twin_are_those_of_torchvision,
        test_vgg.test_parameter_counts_are_the_published_ones_less_what_the_mean_saves,
    ),
}
"""Checks by kind: outputs and gradients against an independent implementation, and numbers of parameters."""


def test_every_kind_of_network_has_its_checks():
    """For shortcuts and activations, the tests beside their formulas say the same."""
    assert kinds(networks) == sorted(CHECKS)
