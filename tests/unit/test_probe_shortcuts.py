"""Gradients with every kind of shortcut, against a written-out pass."""

import math

import pandas as pd
import pytest
import torch
from torch import nn

from resgrad.common.config import ParameterError
from resgrad.models import build_network
from resgrad.probe.networks import draw_batch
from resgrad.probe.shortcuts import check_shortcuts, probe_shortcut, shortcut_metrics, shortcut_probes
from tests.unit.probe_configs import probe_config


def config(*families, depths=(8,)):
    shortcuts = {"width": 2, "depths": list(depths), "families": [_family(*family) for family in families]}
    return probe_config(image_size=8, shortcuts=shortcuts)


def _family(network, *shortcuts):
    return {"network": network, "shortcuts": list(shortcuts)}


def ratios(of, shortcut):
    """Return the ratios of one network, by seed and measure."""
    (probe,) = (probe for probe in shortcut_probes(of.shortcuts) if probe.shortcut == shortcut)
    return probe_shortcut(of, probe).set_index(["seed", "measure"])["log10_ratio"]


def test_each_kind_of_network_has_its_plain_twin_first():
    probes = shortcut_probes(
        config(("cifar_resnet", "highway", "rezero"), ("cifar_preactivation", "highway")).shortcuts
    )
    assert [(probe.model.network, probe.shortcut, probe.variant) for probe in probes] == [
        ("cifar_resnet", "none", "plain"),
        ("cifar_resnet", "highway", "residual"),
        ("cifar_resnet", "rezero", "residual"),
        ("cifar_preactivation", "none", "plain"),
        ("cifar_preactivation", "highway", "residual"),
    ]
    assert [probe.model.shortcut for probe in probes[1:3]] == ["highway", "rezero"]


def test_a_kind_without_a_plain_twin_is_probed_alone():
    probes = shortcut_probes(config(("densenet", "zero_padding"), depths=(40,)).shortcuts)
    assert [(probe.shortcut, probe.variant) for probe in probes] == [("zero_padding", "residual")]


def test_the_table_says_which_network_each_row_is_of():
    of = config(("cifar_resnet", "highway"))
    table = pd.concat([probe_shortcut(of, probe) for probe in shortcut_probes(of.shortcuts)], ignore_index=True)
    assert set(zip(table["network"], table["shortcut"], table["depth"], strict=True)) == {
        ("cifar_resnet", "none", 8),
        ("cifar_resnet", "highway", 8),
    }


@pytest.mark.parametrize("shortcut", ["none", "zero_padding"])
def test_ratios_against_gradients_that_are_written_out(shortcut):
    of = config(("cifar_resnet", "zero_padding"))
    found = ratios(of, shortcut)
    for seed in of.seeds:
        (probe,) = (probe for probe in shortcut_probes(of.shortcuts) if probe.shortcut == shortcut)
        shape = {"image_shape": (1, 8, 8), "classes": 3}
        network = build_network(probe.model, depth=8, residual=shortcut != "none", seed=seed, **shape)
        images, labels = draw_batch(seed, 6, (1, 8, 8), 3)
        first = network.stage1(network.stem(images))
        first.retain_grad()
        last = network.stage3(network.stage2(first))
        last.retain_grad()
        nn.functional.cross_entropy(network.head(last.mean((2, 3))), labels).backward()
        weights = [network.stage1[0].conv1.weight.grad, network.stage3[0].conv2.weight.grad]
        expected = {"weights": weights, "blocks": [first.grad, last.grad]}
        for measure, (near, far) in expected.items():
            assert found[seed, measure] == pytest.approx(math.log10(near.norm() / far.norm()), abs=1e-5)


def test_rezero_has_no_gradient_inside_but_between_its_blocks():
    found = ratios(config(("cifar_resnet", "rezero")), "rezero")
    assert found.loc[:, "weights"].isna().all()
    assert found.loc[:, "blocks"].notna().all()


def test_between_rezero_blocks_the_error_is_the_same_at_every_depth():
    of = config(("cifar_resnet", "rezero"), depths=(8, 14, 20))
    frames = [probe_shortcut(of, probe) for probe in shortcut_probes(of.shortcuts) if probe.shortcut == "rezero"]
    values = torch.tensor([frame[frame["measure"] == "blocks"]["log10_ratio"].tolist() for frame in frames])
    assert torch.allclose(values, values[:1].expand_as(values), atol=1e-5)


@pytest.mark.parametrize(
    ("families", "depths", "sentence"),
    [
        (
            [("cifar_resnet", "highway")],
            (8, 9),
            (
                "probe.shortcuts cannot probe cifar_resnet, highway: depths has 9; allowed: 6n+2 for cifar_resnet, "
                "the nearest are 8 and 14."
            ),
        ),
        (
            [("densenet", "highway")],
            (40,),
            "probe.shortcuts cannot probe densenet, highway: depths has 40, at which plain and residual ",
        ),
        ([("cifar_resnet", "highway")], (8, 8), "probe.shortcuts.depths has 8 more than once; allowed: each once."),
        (
            [("cifar_resnet", "highway"), ("cifar_resnet", "rezero")],
            (8,),
            "probe.shortcuts.families has cifar_resnet more than once; allowed: each once.",
        ),
        (
            [("cifar_resnet", "highway", "highway")],
            (8,),
            "probe.shortcuts.families.0.shortcuts has highway more than once; allowed: each once.",
        ),
    ],
)
def test_what_cannot_be_probed_is_refused_in_one_sentence(families, depths, sentence):
    with pytest.raises(ParameterError) as caught:
        check_shortcuts(config(*families, depths=depths).shortcuts)
    assert str(caught.value).startswith(sentence)


def test_a_shortcut_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match=r"^probe\.shortcuts\.families\.0\.shortcuts\.1 is 'identity'; allowed: "):
        config(("cifar_resnet", "rezero", "identity"))


def test_metrics_have_the_weights_ratio_at_the_greatest_depth_where_there_is_one():
    rows = [
        ("cifar_resnet", "none", 20, "weights", 1.0),
        ("cifar_resnet", "none", 56, "weights", 3.0),
        ("cifar_resnet", "none", 56, "weights", 4.0),
        ("cifar_resnet", "none", 56, "blocks", 9.0),
        ("cifar_resnet", "rezero", 56, "weights", math.nan),
        ("cifar_preactivation", "highway", 56, "weights", 2.0),
    ]
    table = pd.DataFrame(rows, columns=["network", "shortcut", "depth", "measure", "log10_ratio"])
    expected = {"cifar_resnet": {"none": 3.5}, "cifar_preactivation": {"highway": 2.0}}
    assert shortcut_metrics(table) == {"first_to_last_log10": {"depth-56": expected}}
