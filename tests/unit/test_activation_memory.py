import torch
from torch import nn

from resgrad.training.activation_memory import activation_bytes_per_image


def test_what_the_backward_pass_needs_is_counted_once():
    """By hand, floats of 4 bytes: the image, for the convolution's weights; its output, for normalisation; and the
    activation's output, for itself and for the linear layer, whose flattened view is the same memory."""
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(64, 5)
    )
    assert activation_bytes_per_image(network, torch.zeros(1, 3, 4, 4)) == 4 * (3 * 16 + 4 * 16 + 4 * 16)


def test_an_addition_keeps_nothing_and_a_gate_keeps_what_it_multiplies():
    class Block(nn.Module):
        def __init__(self, join):
            super().__init__()
            self.layer, self.join = nn.Linear(10, 10), join

        def forward(self, x):
            return self.join(x, self.layer(x))

    image = torch.zeros(1, 10, requires_grad=True)
    added, multiplied = (
        activation_bytes_per_image(Block(join), image) for join in (lambda x, y: x + y, lambda x, y: x * y)
    )
    assert (added, multiplied) == (40, 80)


def test_counting_leaves_the_network_as_it_was():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    activation_bytes_per_image(network, torch.ones(1, 1, 4, 4))
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    for name, tensor in network.state_dict().items():
        assert torch.equal(before[name], tensor), name
