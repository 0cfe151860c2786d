import torch
from torch import nn

from resgrad.training.flops import flops_per_image


def test_convolutions_and_products_count_multiplications_and_additions():
    """By hand: 4x4 outputs x 4 channels x 27 products and sums; the input of the first layer needs no gradient."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5))
    convolution, linear = 2 * 16 * 4 * 27, 2 * 64 * 5
    assert flops_per_image(network, torch.zeros(1, 3, 4, 4)) == 2 * convolution + 3 * linear


def test_counting_leaves_the_network_as_it_was():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8, 2)
    ).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    random = torch.get_rng_state()
    flops_per_image(network, torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(0)))
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(random, torch.get_rng_state())
    for name, tensor in network.state_dict().items():
        assert torch.equal(before[name], tensor), name
