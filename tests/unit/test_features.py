"""Cosines and effective ranks of features, by hand and against a singular value decomposition."""

import math

import pytest
import torch

from resgrad.probe.features import geometry, of_middle_depth, probe_features
from resgrad.probe.networks import ProbedNetwork
from resgrad.probe.recipes import probes
from tests.unit.probe_configs import probe_config


def of(features):
    """Return the geometry of features (inputs x features)."""
    features = torch.as_tensor(features, dtype=torch.float64)
    return tuple(value.item() for value in geometry(features @ features.T))


def probed(variant="plain", **grid):
    config = probe_config({"depths": [5], "normalizations": ["batch"], **grid})
    (one,) = (probe for probe in probes(config) if probe.variant == variant)
    return config, one


def test_inputs_at_right_angles_have_cosine_0_and_full_rank():
    assert of([[3, 0, 0], [0, 3, 0]]) == (pytest.approx(0), pytest.approx(2))


def test_inputs_that_differ_in_scale_alone_have_cosine_1_and_rank_1():
    assert of([[1, 2], [2, 4], [0.5, 1]]) == (pytest.approx(1), pytest.approx(1, abs=1e-5))


def test_by_hand():
    # Cosines 0 and twice 1 / sqrt(2); singular values sqrt(3) and 1 of [[1, 0], [0, 1], [1, 1]].
    cosine, effective_rank = of([[1, 0], [0, 1], [1, 1]])
    assert cosine == pytest.approx(2 / math.sqrt(2) / 3)
    shares = [math.sqrt(3) / (math.sqrt(3) + 1), 1 / (math.sqrt(3) + 1)]
    assert effective_rank == pytest.approx(math.exp(-sum(share * math.log(share) for share in shares)), abs=1e-5)


def test_an_input_whose_features_are_all_0_is_in_no_pair():
    cosine, effective_rank = of([[1, 1], [0, 0], [2, 2]])
    assert (cosine, effective_rank) == (pytest.approx(1), pytest.approx(1, abs=1e-5))


def test_against_a_singular_value_decomposition():
    features = torch.randn(7, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    singular = torch.linalg.svdvals(features)
    shares = singular / singular.sum()
    assert of(features)[1] == pytest.approx(torch.exp(-(shares * shares.log()).sum()).item())


def test_features_that_are_0_or_not_finite_have_neither():
    for value in (0.0, math.inf):
        assert all(math.isnan(number) for number in of(torch.full((3, 2), value)))


def test_each_layer_against_a_pass_that_is_written_out():
    config, probe = probed()
    frame = probe_features(config, probe)
    assert frame["position"].tolist() == [1, 2, 3, 4, 5] * 2
    network = ProbedNetwork(config, probe.model, depth=5, variant="plain")
    for start in network.starts():
        x = start.images.flatten(1)
        linear = dict(network.network.named_modules())
        stem = torch.relu(linear["stem.2"](linear["stem.1"](x)))
        inside = torch.relu(linear["blocks.0.norm1"](linear["blocks.0.linear1"](stem)))
        block = torch.relu(linear["blocks.0.norm2"](linear["blocks.0.linear2"](inside)))
        rest = torch.relu(linear["rest.1"](linear["rest.0"](block)))
        rows = frame[frame["seed"] == start.seed]
        for entered, row in zip((x, stem, inside, block, rest), rows.itertuples(), strict=True):
            assert (row.cosine, row.effective_rank) == pytest.approx(of(entered.detach()), rel=1e-4, abs=1e-6)
            assert math.isfinite(row.cosine)


def test_the_twins_differ_from_where_the_shortcut_comes_in_and_the_rows_say_which_is_which():
    tables = {}
    for variant in ("plain", "residual"):
        frame = probe_features(*probed(variant))
        assert frame.groupby(["network", "depth", "variant"]).size().to_dict() == {("fully_connected", 5, variant): 10}
        tables[variant] = frame["cosine"].tolist()[:5]
    # The fourth layer is the first that the sum of a block enters.
    assert tables["plain"][:3] == tables["residual"][:3]
    assert tables["plain"][3] != tables["residual"][3]


def test_one_layer_that_overflows_leaves_the_others_their_measures():
    good = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    cosine, effective_rank = geometry(torch.stack([torch.full_like(good, math.inf), good]))
    assert math.isnan(cosine[0])
    assert math.isnan(effective_rank[0])
    assert (cosine[1].item(), effective_rank[1].item()) == (pytest.approx(0), pytest.approx(2))


def test_very_small_features_are_measured_all_the_same():
    config, probe = probed(normalizations=["none"], activations=["tanh"], initializations={"normal": [1e-6]})
    frame = probe_features(config, probe)
    assert frame["effective_rank"].notna().all()
    assert frame["effective_rank"].iloc[-1] > 1.2


def test_those_of_the_middle_depth_of_their_kind():
    config = probe_config({"depths": [4, 7, 10]}, {"network": "cifar_resnet", "depths": [8]})
    chosen = {(probe.recipe.network, probe.depth) for probe in of_middle_depth(probes(config))}
    assert chosen == {("fully_connected", 7), ("cifar_resnet", 8)}
    assert len(of_middle_depth(probes(config))) == 8
