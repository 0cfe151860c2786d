"""Batches of normalised images, straight from tensors in memory, without a Python loop over images."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from resgrad.data.augmentation import apply, draw
from resgrad.data.config import AugmentConfig
from resgrad.seeds import derive


class Batches:
    """The images of a split, kept as bytes and normalised batch by batch."""

    def __init__(
        self, images: np.ndarray, labels: np.ndarray, mean: list[float], std: list[float], device: torch.device
    ) -> None:
        """Take in a split.

        Args:
            images: uint8, N x C x H x W.
            labels: int64, N.
            mean: of the training split per channel, in units of [0, 1].
            std: likewise the standard deviation; a channel that is constant is only centred.
            device: where batches are wanted; the bytes go there whole.
        """
        self.images = torch.from_numpy(images).to(device)
        self.labels = torch.from_numpy(labels).to(device)
        self._mean = torch.tensor(mean, device=device).view(1, -1, 1, 1)
        self._std = torch.tensor([value or 1.0 for value in std], device=device).view(1, -1, 1, 1)

    def __len__(self) -> int:
        return len(self.labels)

    def in_order(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every image once, in the order of the split, unchanged."""
        for start in range(0, len(self), batch_size):
            rows = slice(start, start + batch_size)
            yield self._normalise(_scale(self.images[rows])), self.labels[rows]

    def shuffled(
        self, batch_size: int, augment: AugmentConfig, seed: int, epoch: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every image once, in an order and with changes drawn for this epoch.

        Batches differ in size by one at most, so that no step is taken on a remainder of a few images.
        """
        order = torch.randperm(len(self), generator=_generator(seed, "order", epoch))
        draws = draw(augment, len(self), _generator(seed, "augment", epoch))
        order = order.to(self.images.device)
        start = 0
        for rows in order.tensor_split(steps_per_epoch(len(self), batch_size)):
            images = _scale(self.images[rows])
            images = apply(images, draws.batch(slice(start, start + len(rows)), images.device))
            start += len(rows)
            yield self._normalise(images), self.labels[rows]

    def _normalise(self, images: Tensor) -> Tensor:
        return images.sub(self._mean).div_(self._std).contiguous(memory_format=torch.channels_last)


def steps_per_epoch(images: int, batch_size: int) -> int:
    """Return the number of batches of at most ``batch_size`` that hold every image once."""
    return -(-images // batch_size)


def _scale(images: Tensor) -> Tensor:
    return images.float().div_(255)


def _generator(seed: int, *names: str | int) -> torch.Generator:
    return torch.Generator().manual_seed(derive(seed, *names))
