"""Batches of normalised images, straight from tensors in memory, without a Python loop over images."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from resgrad.common.seeds import derive
from resgrad.shards.augmentation import NO_DRAWS, apply, draw
from resgrad.shards.config import AugmentConfig
from resgrad.shards.shards import Scheme, Shards, Split


class Batches:
    """The images of a split, kept as bytes and normalised batch by batch; batches are channels-last in memory."""

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
        self._images = torch.from_numpy(images).to(device).permute(0, 2, 3, 1).contiguous()
        self.labels = torch.from_numpy(labels).to(device)
        # Repeated along a row of pixels: long rows go through the arithmetic much faster than many short ones.
        width = images.shape[3]
        self._mean = torch.tensor(mean, device=device).repeat(width)
        self._std = torch.tensor([value or 1.0 for value in std], device=device).repeat(width)

    @classmethod
    def read(
        cls, shards: Shards, split: Split, device: torch.device, scheme: Scheme | None = None
    ) -> tuple["Batches", list[str]]:
        """Read a split from its shards.

        Args:
            shards: the images.
            split: which of them.
            device: where batches are wanted.
            scheme: by which they were split; None for the one in use.

        Returns:
            its batches, and the ids of its images.

        Raises:
            ShardError: a file is missing or is not what the manifest says.
        """
        images, labels, ids = shards.read(split, scheme)
        scaling = shards.manifest["scaling"][scheme or shards.manifest["split"]]
        return cls(images, labels, scaling["mean"], scaling["std"], device), ids

    def __len__(self) -> int:
        return len(self.labels)

    def in_order(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every image once, in the order of the split, unchanged."""
        for start in range(0, len(self), batch_size):
            rows = slice(start, start + batch_size)
            yield self._normalise(apply(self._images[rows], NO_DRAWS)), self.labels[rows]

    def at(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return some images, unchanged, and their labels."""
        return self._normalise(apply(self._images[rows], NO_DRAWS)), self.labels[rows]

    def shuffled(
        self, batch_size: int, augment: AugmentConfig, seed: int, epoch: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every image once, in an order and with changes drawn for this epoch.

        Batches differ in size by one at most, so that no step is taken on a remainder of a few images.
        """
        order = torch.randperm(len(self), generator=_generator(seed, "order", epoch))
        draws = draw(augment, len(self), _generator(seed, "augment", epoch))
        order = order.to(self.labels.device)
        start = 0
        for rows in order.tensor_split(steps_per_epoch(len(self), batch_size)):
            images = apply(self._images[rows], draws.batch(slice(start, start + len(rows))))
            start += len(rows)
            yield self._normalise(images), self.labels[rows]

    def _normalise(self, images: Tensor) -> Tensor:
        """Normalise N x H x W x C in place; return a view of it as N x C x H x W."""
        images.flatten(2).sub_(self._mean).div_(self._std)
        return images.permute(0, 3, 1, 2)


def steps_per_epoch(images: int, batch_size: int) -> int:
    """Return the number of batches of at most ``batch_size`` that hold every image once."""
    return -(-images // batch_size)


def _generator(seed: int, *names: str | int) -> torch.Generator:
    return torch.Generator().manual_seed(derive(seed, *names))
