"""The responses of the layers against written-out networks."""

import pandas as pd
import pytest
import torch

from resgrad.inspection.responses import response_stds
from resgrad.models.sites import Site
from tests.unit.network_checks import build, filled
from tests.unit.written_out import matched, per_channel, weighted

SITES = {"stage1.0": Site(2, 2, 1, 1, 3), "stage2.0": Site(2, 4, 2, 2, 3), "stage3.0": Site(4, 8, 2, 3, 3)}


def trained(network, depth=8, **changes):
    torch.manual_seed(0)
    return filled(build(network, depth, width=2, **changes)).eval()


def images():
    return torch.randn(5, 1, 16, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def fixed_norm(p, name, x):
    """Batch norm in evaluation."""
    mean, variance, scale, shift = (
        per_channel(p[f"{name}.{key}"], x) for key in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift


def table(responses):
    rows = [
        (layer, position, ((y - y.mean()) ** 2).mean().sqrt().item())
        for position, (layer, y) in enumerate(responses.items(), start=1)
    ]
    return pd.DataFrame(rows, columns=["layer", "position", "response_std"])


@pytest.mark.parametrize("residual", [True, False])
def test_after_the_normalisation_and_before_activation_and_addition(residual):
    network = trained("cifar_resnet", residual=residual)
    p = network.state_dict()
    responses = {"stem.0": fixed_norm(p, "stem.1", weighted(p, "stem.0", images()))}
    x = torch.relu(responses["stem.0"])
    for block, site in SITES.items():
        y = fixed_norm(p, f"{block}.norm1", weighted(p, f"{block}.conv1", x, site.stride))
        responses[f"{block}.conv1"] = y
        y = fixed_norm(p, f"{block}.norm2", weighted(p, f"{block}.conv2", torch.relu(y)))
        responses[f"{block}.conv2"] = y
        x = torch.relu(y + matched(site, x) if residual else y)
    pd.testing.assert_frame_equal(response_stds(network, images()), table(responses), rtol=1e-9)


@pytest.mark.parametrize("residual", [True, False])
def test_with_full_preactivation_the_last_layer_of_a_branch_responds_with_its_own_output(residual):
    """Also in the plain twin, where the next block's normalisation has the same input tensor."""
    network = trained("cifar_preactivation", residual=residual)
    p = network.state_dict()
    responses = {"stem.0": fixed_norm(p, "stem.1", weighted(p, "stem.0", images()))}
    x = torch.relu(responses["stem.0"])
    for block, site in SITES.items():
        y = x if site.number == 1 else torch.relu(fixed_norm(p, f"{block}.norm1", x))
        y = fixed_norm(p, f"{block}.norm2", weighted(p, f"{block}.conv1", y, site.stride))
        responses[f"{block}.conv1"] = y
        y = weighted(p, f"{block}.conv2", torch.relu(y))
        responses[f"{block}.conv2"] = y
        x = y + matched(site, x) if residual else y
    pd.testing.assert_frame_equal(response_stds(network, images()), table(responses), rtol=1e-9)


def test_without_normalisation_a_layer_responds_with_its_own_output():
    network = trained("fully_connected", depth=3, normalization="none")
    p = network.state_dict()
    first = weighted(p, "stem.1", images().flatten(1))
    second = weighted(p, "rest.0", torch.relu(first))
    expected = table({"stem.1": first, "rest.0": second})
    pd.testing.assert_frame_equal(response_stds(network, images()), expected, rtol=1e-9)


@pytest.mark.parametrize("shortcut", ["all_projection", "highway"])
def test_layers_of_a_shortcut_are_not_on_the_main_path(shortcut):
    found = response_stds(trained("cifar_resnet", shortcut=shortcut), images())
    assert not found["layer"].str.contains("shortcut").any()
    assert found["position"].tolist() == list(range(1, 8))


def test_the_network_is_left_as_it_was():
    network = trained("cifar_resnet")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    response_stds(network, images())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
