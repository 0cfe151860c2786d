"""The error of a trained network without one of its blocks (Veit et al. 2016, section 4.1).

In a residual network the output of the block's branch is set to zero, so that only its shortcut is left, with whatever
follows the sum. In a plain network the block passes its input on. If a block changes the shape, a residual block still
has a shortcut that does so; in a plain network nothing can replace it, and the error without it is undefined.

A network that has learnt little has little to lose: its error cannot rise far above that of guessing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import torch
from torch import Tensor, nn

from resgrad.inspection.rerouting import blocks
from resgrad.models.blocks import Block

COLUMNS = ["block", "changes_shape", "error", "whole_error"]


def lesions(network: nn.Module, images: Tensor, labels: Tensor) -> pd.DataFrame:
    """Remove one block at a time.

    Args:
        network: in evaluation mode; it is left unchanged.
        images: N x C x H x W, of the validation split: test images are used only once, by the training.
        labels: N.

    Returns:
        a row per block: block (from 1, in the order in which the network was built), changes_shape (whether its output
        has another shape than its input), error (share of the images misclassified without it; NaN if a plain block
        changes the shape), whole_error (of the whole network). No rows if there are no blocks.
    """
    whole = error_rate(network, images, labels)
    rows = []
    for number, (block, (before, after)) in enumerate(
        zip(blocks(network), shapes(network, images[:1]), strict=True), start=1
    ):
        changes_shape = before != after
        error = float("nan")
        if not (changes_shape and block.shortcut is None):
            with left_out(block):
                error = error_rate(network, images, labels)
        rows.append((number, changes_shape, error, whole))
    return pd.DataFrame(rows, columns=COLUMNS)


@contextmanager
def left_out(block: Block) -> Iterator[None]:
    """Reduce a residual block to its shortcut, or let a plain block pass its input on, within the context."""
    if block.shortcut is None:
        hook = block.register_forward_hook(lambda _block, inputs, _output: inputs[0])
    else:
        hook = block.shortcut.register_forward_pre_hook(
            lambda _shortcut, inputs: (inputs[0], torch.zeros_like(inputs[1]))
        )
    try:
        yield
    finally:
        hook.remove()


def shapes(network: nn.Module, image: Tensor) -> list[tuple[torch.Size, torch.Size]]:
    """Return the shapes of each block's input and output for ``image``, 1 x C x H x W."""
    seen: dict[nn.Module, tuple[torch.Size, torch.Size]] = {}

    def note(block: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        seen[block] = inputs[0].shape, output.shape

    hooks = [block.register_forward_hook(note) for block in blocks(network)]
    try:
        with torch.inference_mode():
            network(image)
    finally:
        for hook in hooks:
            hook.remove()
    return [seen[block] for block in blocks(network)]


def error_rate(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of misclassified images; an image with non-finite logits counts as misclassified."""
    with torch.inference_mode():
        logits = network(images)
    right = (logits.argmax(dim=1) == labels) & logits.isfinite().all(dim=1)
    return 1 - right.cpu().double().mean().item()
