"""The error of a trained network whose blocks are reordered (Veit et al. 2016, section 4.3).

Blocks can be swapped if their inputs have the same shape, and their outputs too. As in the paper, pairs of such blocks
are drawn at random and swapped, a few or many.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations

import pandas as pd
import torch
from torch import Tensor, nn

from resgrad.common.seeds import derive
from resgrad.inspection.lesions import error_rate, shapes
from resgrad.inspection.rerouting import blocks
from resgrad.models.blocks import Block

COLUMNS = ["swaps", "reordering", "kendall_tau", "error", "whole_error"]

Pair = tuple[int, int]


def reorderings(network: nn.Module, images: Tensor, labels: Tensor, *, count: int, seed: int) -> pd.DataFrame:
    """Swap pairs of blocks: 1, 2, 4, ... pairs one after the other, at most as many as there are blocks to swap.

    Args:
        network: in evaluation mode; it is left unchanged.
        images: N x C x H x W, of the validation split: test images are used only once, by the training.
        labels: N.
        count: number of sequences of swaps.
        seed: root of the draws; networks with the same blocks that can be swapped are reordered in the same ways.

    Returns:
        a row per number of swaps and sequence: swaps, reordering (number of the sequence, from 1), kendall_tau (rank
        correlation of the new order with the old one), error (share of misclassified images), whole_error (of the
        network in its own order). No rows if no two blocks have the same shape.
    """
    places = shapes(network, images[:1])
    pairs = [(i, j) for i, j in combinations(range(len(places)), 2) if places[i] == places[j]]
    whole = error_rate(network, images, labels)
    rows = []
    for number in range(1, count + 1) if pairs else ():
        swaps = draw_swaps(pairs, seed, number)
        for swapped in powers_of_two(len(swaps)):
            order = order_after(swaps[:swapped], len(places))
            with reordered(network, order):
                error = error_rate(network, images, labels)
            tau = pd.Series(order).corr(pd.Series(range(len(order))), method="kendall")
            rows.append((swapped, number, tau, error, whole))
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_swaps(pairs: list[Pair], seed: int, reordering: int) -> list[Pair]:
    """Draw as many pairs, one by one and with replacement, as there are blocks in them."""
    generator = torch.Generator().manual_seed(derive(seed, "inspect", "swaps", reordering))
    count = len({place for pair in pairs for place in pair})
    return [pairs[drawn] for drawn in torch.randint(len(pairs), (count,), generator=generator).tolist()]


def order_after(swaps: list[Pair], count: int) -> list[int]:
    """Return which of ``count`` blocks is at each place after the swaps, each of which exchanges two places."""
    order = list(range(count))
    for i, j in swaps:
        order[i], order[j] = order[j], order[i]
    return order


def powers_of_two(most: int) -> list[int]:
    """List 1, 2, 4, ... up to ``most``."""
    return [2**exponent for exponent in range(most.bit_length())]


@contextmanager
def reordered(network: nn.Module, order: list[int]) -> Iterator[None]:
    """Reorder the blocks within the context: the ``order[i]``-th block takes the i-th place."""
    names = [name for name, module in network.named_modules() if isinstance(module, Block)]
    own = blocks(network)
    try:
        for name, other in zip(names, order, strict=True):
            network.set_submodule(name, own[other])
        yield
    finally:
        for name, block in zip(names, own, strict=True):
            network.set_submodule(name, block)
