"""What the backward pass needs kept of the forward pass: the memory that grows with the batch."""

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks


def activation_bytes_per_image(network: nn.Module, image: Tensor) -> int:
    """Count the bytes that automatic differentiation keeps between the forward and the backward pass.

    Every piece of memory counts once, however many operations keep it; weights and running statistics, which are there
    anyway, do not count. Counted in eval mode, in which dropout keeps no mask; the network is left as it was. What a
    kernel needs for itself while it runs is not seen.

    Args:
        network: any network.
        image: a batch of one.
    """
    own = {tensor.untyped_storage().data_ptr() for tensor in (*network.parameters(), *network.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            kept[memory.data_ptr()] = memory.nbytes()
        return tensor

    training = network.training
    try:
        with saved_tensors_hooks(keep, lambda tensor: tensor):
            # The graph must live until the end, or its memory is used again and counts once for two tensors.
            output = network.eval()(image)
    finally:
        network.train(training)
    del output
    return sum(kept.values())
