"""Gradients by path length, in cases with a known result."""

from math import comb

import pytest
import torch
from torch import nn
from torch.nn import functional

from resgrad.inspection.paths import draw_paths, path_gains
from resgrad.models.blocks import Block
from tests.unit.network_checks import build

BLOCKS, FACTOR = 5, 0.25
LABELS = torch.tensor([0, 1, 2])
IMAGES = torch.randn(3, 1, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Added(nn.Module):
    def forward(self, x, branch):
        return x + branch


class Scaling(Block):
    """``F(x) = FACTOR x``: a path through k of them carries FACTOR^k."""

    def branch(self, x):
        return FACTOR * x


class Linear(nn.Module):
    """Blocks in a row, then a head whose rows all have norm 1, so that an error at one logit arrives unchanged."""

    def __init__(self, shortcut):
        super().__init__()
        self.blocks = nn.Sequential(*(Scaling(shortcut and shortcut()) for _ in range(BLOCKS)))

    def forward(self, x):
        return self.blocks(x).flatten(1)


def gains(network, paths=8, seed=0):
    return path_gains(network.double(), IMAGES, LABELS, paths=paths, seed=seed)


def test_of_linear_blocks_every_column_is_known():
    table = gains(Linear(Added))
    lengths = range(BLOCKS + 1)
    assert table["length"].tolist() == list(lengths)
    assert (table["blocks"] == BLOCKS).all()
    assert table["frequency"].tolist() == pytest.approx([comb(BLOCKS, k) / 2**BLOCKS for k in lengths])
    assert table["gain"].tolist() == pytest.approx([FACTOR**k for k in lengths])
    assert table["gain_sd"].tolist() == pytest.approx([0] * (BLOCKS + 1), abs=1e-12)
    binomial = [comb(BLOCKS, k) * FACTOR**k / (1 + FACTOR) ** BLOCKS for k in lengths]
    assert table["contribution"].tolist() == pytest.approx(binomial)
    assert table["gain_of_all_paths"].tolist() == pytest.approx([(1 + FACTOR) ** BLOCKS] * (BLOCKS + 1))


def test_a_plain_network_is_one_path_through_all_blocks():
    (row,) = gains(Linear(None)).to_dict("records")
    expected = {"blocks": BLOCKS, "length": BLOCKS, "frequency": 1, "contribution": 1, "gain_sd": 0}
    expected |= {"gain": FACTOR**BLOCKS, "gain_of_all_paths": FACTOR**BLOCKS}
    assert row == pytest.approx(expected, abs=1e-12)


def test_the_whole_gradient_is_measured_against_the_error_at_the_logits_image_by_image():
    network = build("cifar_resnet", 8, width=2, image_shape=(1, 8, 8)).double().eval()
    images = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    labels = torch.tensor([3, 1, 4, 1])
    ratios = []
    for image, label in zip(images, labels, strict=True):
        x = image[None].requires_grad_()
        logits = network(x)
        at_image, at_logits = torch.autograd.grad(functional.cross_entropy(logits, label[None]), [x, logits])
        ratios.append((at_image.norm() / at_logits.norm()).item())
    table = path_gains(network, images, labels, paths=4, seed=0)
    assert table["gain_of_all_paths"].tolist() == pytest.approx([sum(ratios) / 4] * 4)
    shared_out = path_gains(network, images, labels, paths=2, seed=0)
    assert shared_out["gain_of_all_paths"].tolist() == pytest.approx([(ratios[0] + ratios[2]) / 2] * 4)


def test_an_image_that_is_classified_for_certain_counts_as_any_other():
    network = Linear(Added)
    certain = torch.tensor([[[[400.0, 0], [0, 0]]]], dtype=torch.float64)
    table = path_gains(network, certain, torch.tensor([0]), paths=1, seed=0)
    assert table["gain_of_all_paths"].tolist() == pytest.approx([(1 + FACTOR) ** BLOCKS] * (BLOCKS + 1))


def test_drawn_paths_have_the_length_that_was_asked_for_and_depend_on_the_seed_alone():
    drawn = draw_paths(3, 7, 500, seed=1)
    assert drawn.shape == (500, 7)
    assert (drawn.sum(dim=1) == 3).all()
    assert torch.equal(drawn, draw_paths(3, 7, 500, seed=1))
    assert not torch.equal(drawn, draw_paths(3, 7, 500, seed=2))
    # Each block is on 3/7 of the paths: 214 of 500, with a standard deviation of 11.
    assert ((drawn.sum(dim=0) - 214).abs() < 44).all()
    assert len({tuple(path.tolist()) for path in drawn}) == comb(7, 3)


def test_another_seed_measures_other_paths():
    network = build("cifar_resnet", 14, width=2, image_shape=(1, 2, 2)).eval()
    assert gains(network, paths=1, seed=0)["gain"].tolist() != gains(network, paths=1, seed=1)["gain"].tolist()


def test_where_blocks_are_not_in_series_there_are_no_paths():
    network = build("cifar_residual_in_residual", 8, width=2, image_shape=(1, 8, 8)).double().eval()
    image = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert path_gains(network, image, LABELS[:1], paths=1, seed=0).empty
