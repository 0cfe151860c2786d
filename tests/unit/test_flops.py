import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from resgrad.models.blocks import BottleneckBlock
from resgrad.models.networks import imagenet_resnet
from resgrad.training.flops import flops_per_image
from tests.unit.network_checks import meta


def test_convolutions_and_products_count_multiplications_and_additions():
    """By hand: 4x4 outputs x 4 channels x 27 products and sums; the input of the first layer needs no gradient."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5))
    convolution, linear = 2 * 16 * 4 * 27, 2 * 64 * 5
    assert flops_per_image(network, torch.zeros(1, 3, 4, 4)) == 2 * convolution + 3 * linear


def test_counting_leaves_the_network_as_it_was_and_prints_nothing(capsys):
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8, 2)
    ).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    random = torch.get_rng_state()
    flops_per_image(network, torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(0)))
    assert capsys.readouterr() == ("", "")
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(random, torch.get_rng_state())
    for name, tensor in network.state_dict().items():
        assert torch.equal(before[name], tensor), name


def multiply_adds(network):
    """Count the cost of the forward pass for one image of ImageNet's size, in the unit of He et al. 2015."""
    with FlopCounterMode(display=False) as counter:
        network.eval()(torch.empty(1, 3, 224, 224, device="meta"))
    return counter.get_total_flops() / 2


PUBLISHED = {18: 1.8e9, 34: 3.6e9, 50: 3.8e9, 101: 7.6e9, 152: 11.3e9}
"""He et al. 2015, table 1, in multiply-adds: at depths 34 and 50 it rounds down."""


@pytest.mark.parametrize(("depth", "ours"), [(18, "1.81"), (34, "3.66"), (50, "4.09"), (101, "7.80"), (152, "11.51")])
def test_multiply_adds_are_the_published_ones_with_the_stride_where_the_paper_has_it(depth, ours):
    """The paper has it in the first convolution of a bottleneck; here, as in torchvision, the second has it."""
    network = meta(imagenet_resnet, depth, classes=1000, width=64, shortcut="projection")
    assert f"{multiply_adds(network) / 1e9:.2f}" == ours
    for block in network.modules():
        if isinstance(block, BottleneckBlock):
            block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    assert multiply_adds(network) == pytest.approx(PUBLISHED[depth], rel=0.02)


def test_published_are_two_operations_a_multiply_add_of_the_way_forward_and_back():
    """In the backward pass each layer has two products of the same size, or one if the image needs no gradient."""
    network = meta(imagenet_resnet, 50, classes=1000, width=64, shortcut="projection")
    stem = 112 * 112 * 64 * 7 * 7 * 3
    counted = flops_per_image(network, torch.empty(1, 3, 224, 224, device="meta"))
    assert counted == 2 * (3 * multiply_adds(network) - stem)
