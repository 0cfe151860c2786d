"""Backward passes that take the branch of some blocks and the shortcut of the others, as each image says for itself."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from resgrad.models.blocks import Block


class Rerouted:
    """One forward pass, the network's own, and any number of backward passes on chosen ways.

    What comes back to a block's sum is multiplied, image by image, by 1 or 0 before it enters the branch, and likewise
    before it enters the shortcut. This needs a network that maps every image by itself: in evaluation mode.

    A shortcut that does more than to add is split where it takes in its two inputs: what a highway's gate does to the
    gradient on its way to x counts as the shortcut's.
    """

    def __init__(self, network: nn.Module, images: Tensor) -> None:
        """Send images (N x C x H x W) through the network; blocks without a shortcut are passed as they are."""
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
        """Return what arrives at the images, N x C x H x W, of an error at the logits, N x classes.

        Args:
            error: the gradient by the logits.
            shortcuts: N x blocks, whether the way through the shortcut is open.
            branches: likewise through the branch.
        """
        self._ways = [way.to(error.device) for way in (shortcuts, branches)]
        (gradient,) = torch.autograd.grad(self.logits, self._images, error, retain_graph=True)
        return gradient


def blocks(network: nn.Module) -> list[Block]:
    """List the blocks in the order in which the network was built."""
    return [module for module in network.modules() if isinstance(module, Block)]


def in_series(network: nn.Module, image: Tensor) -> bool:
    """Say whether there are blocks, and every way from the input to the output leads through all of them.

    Found out by closing one block at a time, and seeing whether anything of the gradient still arrives.

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
    """Return ``x``; the gradient that comes back to it is multiplied by what ``opened`` (N) then returns."""
    alias = x.view_as(x)
    alias.register_hook(lambda gradient: gradient * opened().view(-1, *[1] * (gradient.dim() - 1)))
    return alias
