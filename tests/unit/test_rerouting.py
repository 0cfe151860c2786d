"""Gradients along chosen paths: each against a network cut by hand, all together against the whole gradient."""

from itertools import product

import pytest
import torch
from torch import nn

from resgrad.common.kinds import kinds
from resgrad.inspection.rerouting import Rerouted, blocks, in_series
from resgrad.models import shortcuts
from tests.unit.network_checks import build, filled

KINDS = {
    "cifar_bottleneck": 11,
    "cifar_preactivation": 8,
    "cifar_preactivation_bottleneck": 11,
    "cifar_resnet": 8,
    "cifar_squeeze_excitation": 8,
    "cifar_wide": 10,
    "fully_connected": 9,
}
"""With a depth at which each has three blocks, and fully_connected a further layer."""

CASES = [(kind, "zero_padding") for kind in KINDS] + [("cifar_resnet", shortcut) for shortcut in kinds(shortcuts)]
PATHS = torch.tensor(list(product([False, True], repeat=3)))
"""All eight paths, by the blocks whose branch they take."""


def trained(kind, shortcut="zero_padding", **changes):
    torch.manual_seed(0)
    return filled(build(kind, KINDS[kind], width=4, image_shape=(1, 8, 8), shortcut=shortcut, **changes)).eval()


def images(count):
    return torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def errors(count):
    return torch.randn(count, 10, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


class Cut(nn.Module):
    """A shortcut in which one of the two paths blocks the gradient."""

    def __init__(self, shortcut, through_branch):
        super().__init__()
        self.shortcut = shortcut
        self.through_branch = through_branch

    def forward(self, x, branch):
        return self.shortcut(x.detach(), branch) if self.through_branch else self.shortcut(x, branch.detach())


def gradient(network, x, error):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(network(x), x, error)[0]


@pytest.mark.parametrize(("kind", "shortcut"), CASES)
def test_the_gradients_of_all_paths_add_up_to_the_whole_one(kind, shortcut):
    network = trained(kind, shortcut)
    x, error = images(2), errors(2)
    rerouted = Rerouted(network, x)
    by_path = [rerouted.gradient(error, shortcuts=~path, branches=path) for path in PATHS[:, None].expand(8, 2, 3)]
    assert all(part.any() for part in by_path)
    torch.testing.assert_close(sum(by_path), gradient(network, x, error), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("kind", "shortcut"), CASES)
def test_each_image_has_its_own_path_and_its_gradient_is_that_of_a_network_cut_open(kind, shortcut):
    network = trained(kind, shortcut)
    x, error = images(8), errors(8)
    found = Rerouted(network, x).gradient(error, shortcuts=~PATHS, branches=PATHS)
    whole = [block.shortcut for block in blocks(network)]
    for image, path in enumerate(PATHS):
        for block, shortcut_module, through_branch in zip(blocks(network), whole, path, strict=True):
            block.shortcut = Cut(shortcut_module, bool(through_branch))
        one = slice(image, image + 1)
        torch.testing.assert_close(found[one], gradient(network, x[one], error[one]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("residual", [True, False])
def test_with_all_ways_open_the_whole_gradient_arrives(residual):
    network = trained("cifar_resnet", residual=residual)
    x, error, everywhere = images(3), errors(3), torch.ones(3, 3, dtype=torch.bool)
    rerouted = Rerouted(network, x)
    torch.testing.assert_close(rerouted.logits, network(x), rtol=0, atol=0)
    found = rerouted.gradient(error, shortcuts=everywhere, branches=everywhere)
    torch.testing.assert_close(found, gradient(network, x, error), rtol=0, atol=0)


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize(
    ("kind", "depth", "expected"),
    [
        *((kind, depth, True) for kind, depth in KINDS.items()),
        ("vgg", 11, True),
        ("fully_connected", 3, False),  # no block
        ("residual_attention", 56, False),  # blocks beside others, in the masks
    ],
)
def test_blocks_in_series_are_told_from_others(kind, depth, expected, residual):
    network = build(kind, depth, width=4, image_shape=(1, 8, 8), residual=residual).eval()
    assert in_series(network, images(1).float()) is expected
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


@pytest.mark.parametrize(("residual", "expected"), [(True, False), (False, True)])
def test_shortcuts_around_whole_stages_pass_by_their_blocks(residual, expected):
    network = build("cifar_residual_in_residual", 8, width=2, image_shape=(1, 8, 8), residual=residual).eval()
    assert in_series(network, images(1).float()) is expected
