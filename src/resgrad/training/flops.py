"""The cost of a training step, on any device."""

from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def flops_per_image(network: nn.Module, image: Tensor) -> int:
    """Count the floating-point operations of one forward and one backward pass.

    The count covers convolutions and matrix products, with a multiply-add as two operations, and not the rest
    (normalisation, activation, additions of shortcuts). The network is left unchanged.

    Args:
        network: any network.
        image: a batch of one.
    """
    training = network.training
    try:
        with FlopCounterMode(display=False) as counter:
            network.eval()(image).sum().backward()
    finally:
        network.train(training)
        network.zero_grad()
    return counter.get_total_flops()
