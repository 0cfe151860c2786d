"""What a training step costs, whatever it runs on."""

from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


def flops_per_image(network: nn.Module, image: Tensor) -> int:
    """Count the floating-point operations of one forward and one backward pass.

    Those of convolutions and matrix products, a multiplication and an addition counted apart; the rest (normalisation,
    activation, additions of shortcuts) is not counted. The network is left as it was.

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
