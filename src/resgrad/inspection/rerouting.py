"""Backward passes through the branches of some blocks and the shortcuts of the others, chosen for each image."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from resgrad.models.blocks import Block


class Rerouted:
    """The network's own forward pass, and any number of backward passes along chosen paths.

    The gradient at a block's sum is multiplied, image by image, by 1 or 0 before it enters the branch, and likewise
    before it enters the shortcut. This requires a network that maps every image independently, in evaluation mode.

    A shortcut that does more than add is split at its two inputs: the effect of a highway's gate on the gradient with
    respect to x counts as part of the shortcut.
    """

    def __init__(self, network: nn.Module, images: Tensor) -> None:
        """Send images (N x C x H x W) through the network; blocks without a shortcut are left unchanged."""
        self._images = images.detach().clone().requires_grad_()
        self._ways: list[Tensor] = []

        def split(block: int, _module: nn.Module, inputs: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
            return tuple(_gated(x, lambda way=way: self._ways[way][:, block]) for way, x in enumerate(inputs))

        hooks = [
            block.shortcut.register_forward_pre_hook(partial(split, i))
            for i, block in enumerate(blocks(network))
            if block.shortcut is not None
        ]
        try:
            self.logits = network(self._images)
        finally:
            for hook in hooks:
                hook.remove()

    def gradient(self, error: Tensor, *, shortcuts: Tensor, branches: Tensor) -> Tensor:
        """Propagate an error at the logits, N x classes, back to the images, N x C x H x W.

        Args:
            error: the gradient with respect to the logits.
            shortcuts: N x blocks, whether the path through the shortcut is open.
            branches: N x blocks, whether the path through the branch is open.
        """
        self._ways = [way.to(error.device) for way in (shortcuts, branches)]
        (gradient,) = torch.autograd.grad(self.logits, self._images, error, retain_graph=True)
        return gradient


def blocks(network: nn.Module) -> list[Block]:
    """List the blocks in the order in which the network was built."""
    return [module for module in network.modules() if isinstance(module, Block)]


def in_series(network: nn.Module, image: Tensor) -> bool:
    """Say whether there are blocks, and every path from the input to the output leads through all of them.

    It closes one block at a time and checks whether any gradient still arrives.

    Args:
        network: in evaluation mode.
        image: 1 x C x H x W.
    """
    count = len(blocks(network))
    if not count:
        return False
    images = image.detach().repeat(count, 1, 1, 1).requires_grad_()
    opened = ~torch.eye(count, dtype=torch.bool, device=image.device)

    def close(own: int, _module: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> Tensor:
        return _gated(output, lambda: opened[:, own])

    hooks = [block.register_forward_hook(partial(close, i)) for i, block in enumerate(blocks(network))]
    try:
        (gradient,) = torch.autograd.grad(network(images)[:, 0].sum(), images)
    finally:
        for hook in hooks:
            hook.remove()
    return not gradient.any()


def _gated(x: Tensor, opened: Callable[[], Tensor]) -> Tensor:
    """Return ``x``; its gradient is multiplied in the backward pass by the value that ``opened`` (N) then returns."""
    alias = x.view_as(x)
    alias.register_hook(lambda gradient: gradient * opened().view(-1, *[1] * (gradient.dim() - 1)))
    return alias
