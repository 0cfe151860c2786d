"""The memory that the forward pass keeps for the backward pass, which grows with the batch."""

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks


def activation_bytes_per_image(network: nn.Module, image: Tensor) -> int:
    """Count the bytes that automatic differentiation keeps between the forward and the backward pass.

    Every piece of memory counts once, however many operations keep it; weights and running statistics exist anyway and
    do not count. The count is made in eval mode, in which dropout keeps no mask; the network is left unchanged. It does
    not include the temporary memory of kernels.

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
            # The graph must live until the end; otherwise its memory is reused, and counts once for two tensors.
            output = network.eval()(image)
    finally:
        network.train(training)
    del output
    return sum(kept.values())
