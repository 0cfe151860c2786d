"""The grid of probed networks, and what is recorded of each."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from resgrad.common.config import ParameterError
from resgrad.gradients.verdicts import VerdictsConfig, judge, signals
from resgrad.models import build_network
from resgrad.probe.grid import probe_network
from resgrad.probe.measure import gradient_statistics, output_stds
from resgrad.probe.networks import draw_batch
from resgrad.probe.recipes import PROBE, check_probe, probes
from resgrad.probe.table import TABLE
from resgrad.study import load_study
from tests.paths import PARAMS
from tests.unit.probe_configs import probe_config

PASS = [*PROBE, "seed"]


def verdict(frame):
    thresholds = VerdictsConfig(vanishing_log10=-4.0, exploding_log10=2.0)
    return judge(signals(frame, PASS), PASS, thresholds)["verdict"].tolist()


def probed(depth, variant, seeds=(3, 5), **grid):
    config = probe_config({"depths": [depth], **grid}, seeds=list(seeds))
    (one,) = (probe for probe in probes(config) if probe.variant == variant)
    return probe_network(config, one)


def test_every_combination_at_every_depth_and_in_both_variants():
    config = probe_config({"activations": ["relu", "tanh"], "initializations": {"he": [1.0], "normal": [0.5, 2.0]}})
    listed = [(*probe.recipe, probe.depth, probe.variant) for probe in probes(config)]
    assert len(listed) == len(set(listed)) == 2 * 3 * 2 * 2 * 2
    assert listed[:4] == [
        ("fully_connected", "relu", "he", 1.0, "none", 4, "plain"),
        ("fully_connected", "relu", "he", 1.0, "none", 7, "plain"),
        ("fully_connected", "relu", "he", 1.0, "none", 4, "residual"),
        ("fully_connected", "relu", "he", 1.0, "none", 7, "residual"),
    ]
    assert probes(config)[-1].model.gain == 2.0


def test_a_recipe_that_is_refused_for_a_variant_is_left_out_there_alone():
    config = probe_config({"normalizations": ["batch"], "initializations": {"zero_gamma": [1.0], "he": [1.0]}})
    listed = {(probe.recipe.initialization, probe.variant) for probe in probes(config)}
    assert listed == {("zero_gamma", "residual"), ("he", "plain"), ("he", "residual")}
    check_probe(config)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            probe_config({}, {"network": "cifar_resnet", "depths": [8, 9]}),
            (
                "probe.grids.1 has nothing to probe at depth 9: depths has 9; allowed: 6n+2 for cifar_resnet, "
                "the nearest are 8 and 14."
            ),
        ),
        (probe_config(seeds=[1, 1]), "probe.seeds has 1 more than once; allowed: each once."),
        (
            probe_config({}, {"depths": [7], "normalizations": ["batch"]}),
            (
                "probe.grids has plain fully_connected, relu, he, 1.0, batch at depth 7 more than once; "
                "allowed: each once."
            ),
        ),
        (
            probe_config(shattering={"depths": [4, 4], "width": 4, "inputs": 16, "networks": 2}),
            "probe.shattering.depths has 4 more than once; allowed: each once.",
        ),
    ],
)
def test_a_grid_that_cannot_be_probed_is_refused_in_one_sentence(config, sentence):
    with pytest.raises(ParameterError) as caught:
        check_probe(config)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("grid", "parameter"),
    [
        ({"network": "vgk"}, "network is 'vgk'"),
        ({"shortcut": "A"}, "shortcut is 'A'"),
        # One of several: the others would be probed, and nobody would notice.
        ({"activations": ["relu", "tahn"]}, "activations.1 is 'tahn'"),
    ],
)
def test_a_grid_of_kinds_that_do_not_exist_is_refused(grid, parameter):
    with pytest.raises(ParameterError) as caught:
        probe_config({}, grid)
    assert str(caught.value).startswith(f"probe.grids.1.{parameter}; allowed: ")


def test_a_recipe_that_takes_blocks_is_probed_where_there_are_any():
    grid = {"depths": [2, 4, 7], "normalizations": ["batch"], "initializations": {"zero_gamma": [1.0]}}
    assert [(probe.variant, probe.depth) for probe in probes(probe_config(grid))] == [("residual", 4), ("residual", 7)]


def test_the_grid_is_checked_with_the_rest_of_the_parameters(tmp_path):
    text = PARAMS.read_text(encoding="utf-8")
    path = tmp_path / "params.yaml"
    path.write_text(text.replace("    - 110\n", "    - 111\n"), encoding="utf-8")
    load_study(PARAMS)
    with pytest.raises(ParameterError, match=r"^probe\.grids\.2 has nothing to probe at depth 111: depths has 111; "):
        load_study(path)


@pytest.mark.parametrize("variant", ["plain", "residual"])
def test_each_row_against_a_loop_over_the_parameters(variant):
    frame = probed(5, variant, normalizations=["batch"], activations=["prelu"])
    for seed, rows in frame.groupby("seed"):
        config = probe_config({"normalizations": ["batch"], "activations": ["prelu"]})
        residual = variant == "residual"
        shape = {"image_shape": (1, 4, 4), "classes": 3}
        network = build_network(probes(config)[0].model, depth=5, residual=residual, seed=seed, **shape)
        images, labels = draw_batch(seed, 6, (1, 4, 4), 3)
        loss = nn.functional.cross_entropy(network(images), labels)
        parameters = dict(network.named_parameters())
        gradients = torch.autograd.grad(loss, list(parameters.values()))
        assert len(rows) == len(parameters)
        for row, (name, weight), gradient in zip(rows.itertuples(), parameters.items(), gradients, strict=True):
            wide = gradient.double()
            assert f"{row.layer}.{row.param}" == name
            assert row.numel == weight.numel()
            assert row.grad_norm == pytest.approx(wide.norm().item(), rel=1e-12)
            assert row.grad_mean == pytest.approx(wide.mean().item(), rel=1e-9, abs=1e-16)
            assert row.grad_std == pytest.approx(wide.std(correction=0).item(), rel=1e-9, abs=1e-16)
            assert row.grad_max == wide.abs().max().item()
            assert row.zero_fraction == (wide == 0).double().mean().item()
            assert row.nonfinite == 0
            assert row.weight_norm == pytest.approx(weight.double().norm().item(), rel=1e-12)
    named = frame[PROBE].drop_duplicates().to_numpy().tolist()
    assert named == [["fully_connected", "prelu", "he", 1.0, "batch", 5, variant]]


def test_responses_by_hand():
    frame = probed(3, "plain", seeds=[3], normalizations=["none"], activations=["tanh"])
    model = probes(probe_config({"normalizations": ["none"], "activations": ["tanh"]}))[0].model
    network = build_network(model, depth=3, residual=False, image_shape=(1, 4, 4), classes=3, seed=3)
    stem, rest, head = (
        layer.weight.detach().double().numpy() for layer in (network.stem[1], network.rest[0], network.head)
    )
    x = draw_batch(3, 6, (1, 4, 4), 3)[0].double().numpy().reshape(6, 16)
    first = x @ stem.T
    second = np.tanh(first) @ rest.T
    expected = {"stem.1": first.std(), "rest.0": second.std(), "head": (np.tanh(second) @ head.T).std()}
    assert set(frame["layer"]) == set(expected)
    assert frame["output_std"].tolist() == pytest.approx(frame["layer"].map(expected).tolist(), rel=1e-5)


def test_a_response_is_taken_before_the_normalisation_and_another_after_it():
    frame = probed(3, "plain", normalizations=["batch"])
    stds = frame.drop_duplicates(["seed", "layer"]).set_index(["seed", "layer"])["output_std"]
    assert stds.loc[:, "stem.2"].tolist() == pytest.approx([1, 1], rel=1e-4)
    assert (abs(stds.loc[:, "stem.1"] - 1) > 0.01).all()


def test_hooks_are_gone_after_the_block():
    network = nn.Sequential(nn.Linear(2, 2))
    with output_stds(network, ["0"]) as stds:
        network(torch.ones(3, 2))
        assert set(stds) == {"0"}
        stds.clear()
    network(torch.ones(3, 2))
    assert stds == {}


def test_seeds_do_not_touch_each_other_and_differ():
    both = probed(7, "residual", normalizations=["batch"])
    second = probed(7, "residual", seeds=[5], normalizations=["batch"])
    pd.testing.assert_frame_equal(both[both["seed"] == 5].reset_index(drop=True), second)
    assert not np.isclose(*(both[both["seed"] == seed]["grad_norm"].iloc[0] for seed in (3, 5)))


def test_tiny_gradients_are_as_tiny_as_they_are_across_pieces():
    """Sums of squares in float32 would be 0 and infinite."""
    parameters = [nn.Parameter(torch.ones(size)) for size in (70_000, 3, 3, 70_000)]
    values = (1e-25, 1e-40, 1e30, -2.0)
    gradients = [torch.full_like(parameter, value) for parameter, value in zip(parameters, values, strict=True)]
    columns = gradient_statistics(gradients, parameters)
    expected = [1e-25 * 70_000**0.5, 1e-40 * 3**0.5, 1e30 * 3**0.5, 2 * 70_000**0.5]
    assert columns["grad_norm"] == pytest.approx(expected, rel=1e-4)
    assert columns["weight_norm"] == pytest.approx(np.sqrt([70_000, 3, 3, 70_000]))
    assert "log2_hist" not in columns


def test_what_underflows_is_0_and_vanishing_what_overflows_is_counted_and_exploding():
    small = probed(60, "plain", normalizations=["none"], initializations={"normal": [0.01]})
    assert (small.loc[small["layer"] == "stem.1", "zero_fraction"] == 1).all()
    assert verdict(small) == ["vanishing"] * 2
    large = probed(60, "plain", normalizations=["none"], initializations={"normal": [100.0]})
    assert (large.loc[large["layer"] == "stem.1", "nonfinite"] > 0).all()
    assert verdict(large) == ["exploding"] * 2


def test_the_table_holds_what_was_probed(tmp_path):
    frame = probed(4, "plain", normalizations=["none"]).assign(verdict="healthy")
    TABLE.write(tmp_path / "probe.parquet", frame)
    pd.testing.assert_frame_equal(TABLE.read(tmp_path / "probe.parquet"), frame[TABLE.schema.names], check_dtype=False)


def test_the_table_has_these_columns():
    """They are an interface: readers of the table rely on them."""
    assert [f"{column.name} {column.type}" for column in TABLE.columns] == [
        "network string",
        "activation string",
        "initialization string",
        "gain double",
        "normalization string",
        "depth int32",
        "variant string",
        "seed int64",
        "layer string",
        "kind string",
        "param string",
        "layer_index int32",
        "numel int32",
        "grad_norm double",
        "grad_mean double",
        "grad_std double",
        "grad_max double",
        "zero_fraction double",
        "nonfinite int64",
        "weight_norm double",
        "output_std double",
        "verdict string",
    ]


def test_noise_is_standard_normal_and_every_label_occurs():
    images, labels = draw_batch(0, 4000, (1, 2, 2), 3)
    assert images.shape == (4000, 1, 2, 2)
    assert (images.mean().item(), images.std().item()) == (pytest.approx(0, abs=0.03), pytest.approx(1, abs=0.03))
    assert set(labels.tolist()) == {0, 1, 2}
