"""Batches of normalised images from mapped files or an accelerator's memory, without a loop over images."""

import math
import sys
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resgrad.common.seeds import derive
from resgrad.shards.augmentation import NO_DRAWS, apply, draw
from resgrad.shards.config import AugmentConfig
from resgrad.shards.images import Images
from resgrad.shards.shards import Scheme, Shards, Split

PIECE = 1024
"""Images copied to an accelerator at a time."""


class Batches:
    """The images of a split as bytes, normalised batch by batch; batches are channels-last in memory.

    A CPU reads them from where they lie. An accelerator gets all of them at once if its memory has room, else batch by
    batch.
    """

    def __init__(
        self,
        images: Images | NDArray[np.uint8],
        labels: NDArray[np.int64],
        mean: list[float],
        std: list[float],
        device: torch.device,
    ) -> None:
        """Take the images of a split.

        Args:
            images: uint8, N x C x H x W.
            labels: N.
            mean: mean of the training split per channel, on the scale [0, 1].
            std: standard deviation, likewise; a constant channel is only centred.
            device: where batches are wanted.
        """
        self._images = images
        self._resident = _all_on(device, images) if device.type != "cpu" and _has_room(device, images) else None
        self.labels = torch.from_numpy(labels).to(device)
        # Repeated along a row of pixels: arithmetic on long rows is much faster than on many short ones.
        width = images.shape[3]
        self._mean = torch.tensor(mean, device=device).repeat(width)
        self._std = torch.tensor([value or 1.0 for value in std], device=device).repeat(width)

    @classmethod
    def read(
        cls, shards: Shards, split: Split, device: torch.device, scheme: Scheme | None = None
    ) -> tuple["Batches", list[str]]:
        """Read a split from its shards.

        Args:
            shards: the shards.
            split: which split.
            device: where batches are wanted.
            scheme: the scheme of the split; None for the one in use.

        Returns:
            the split's batches, and the ids of its images.

        Raises:
            ShardError: a file is missing or is not what the manifest says.
        """
        images, labels, ids = shards.read(split, scheme)
        scaling = shards.manifest["scaling"][scheme or shards.manifest["split"]]
        return cls(images, labels, scaling["mean"], scaling["std"], device), ids

    def __len__(self) -> int:
        return len(self.labels)

    def in_order(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every image once, in the order of the split, without augmentation."""
        for start in range(0, len(self), batch_size):
            rows = slice(start, start + batch_size)
            yield self._normalise(apply(self._bytes(rows), NO_DRAWS)), self.labels[rows]

    def at(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return some images, without augmentation, and their labels."""
        return self._normalise(apply(self._bytes(rows), NO_DRAWS)), self.labels[rows]

    def shuffled(
        self, batch_size: int, augment: AugmentConfig, seed: int, epoch: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every image once, in an order and with augmentation drawn for this epoch.

        Batch sizes differ by at most one, so that no step is taken on a remainder of a few images.
        """
        order = torch.randperm(len(self), generator=_generator(seed, "order", epoch))
        draws = draw(augment, len(self), _generator(seed, "augment", epoch))
        order = order.to(self.labels.device)
        start = 0
        for rows in order.tensor_split(steps_per_epoch(len(self), batch_size)):
            images = apply(self._bytes(rows), draws.batch(slice(start, start + len(rows))))
            start += len(rows)
            yield self._normalise(images), self.labels[rows]

    def _bytes(self, rows: Tensor | slice) -> Tensor:
        """Return some images, N x H x W x C, on the device."""
        if self._resident is not None:
            return self._resident[rows]
        chosen = rows if isinstance(rows, slice) else rows.cpu().numpy()
        return _channels_last(self._images[chosen]).to(self.labels.device)

    def _normalise(self, images: Tensor) -> Tensor:
        """Normalise N x H x W x C in place; return a view of it as N x C x H x W."""
        images.flatten(2).sub_(self._mean).div_(self._std)
        return images.permute(0, 3, 1, 2)


def steps_per_epoch(images: int, batch_size: int) -> int:
    """Return the number of batches of at most ``batch_size`` that hold every image once."""
    return -(-images // batch_size)


def _channels_last(images: NDArray[np.uint8]) -> Tensor:
    """Turn N x C x H x W into N x H x W x C."""
    count, channels, height, width = images.shape
    turned = np.empty((count, height, width, channels), np.uint8)
    for channel in range(channels):  # three times as fast as one copy by torch or numpy
        turned[..., channel] = images[:, channel]
    return torch.from_numpy(turned)


def _has_room(device: torch.device, images: Images | NDArray[np.uint8]) -> bool:
    """Say whether all images fit into half of a device's free memory; if not, tell the user."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    wanted = math.prod(images.shape)
    if wanted > free // 2:
        print(
            f"{len(images)} images take {wanted / 2**30:.1f} GiB, and {device} has {free / 2**30:.1f} GiB free: "
            "every batch is sent there by itself, which is slower.",
            file=sys.stderr,
        )
    return wanted <= free // 2


def _all_on(device: torch.device, images: Images | NDArray[np.uint8]) -> Tensor:
    """Copy all images to a device, N x H x W x C, piece by piece."""
    count, channels, height, width = images.shape
    resident = torch.empty((count, height, width, channels), dtype=torch.uint8, device=device)
    for start in range(0, count, PIECE):
        piece = slice(start, start + PIECE)
        resident[piece] = _channels_last(images[piece])
    return resident


def _generator(seed: int, *names: str | int) -> torch.Generator:
    return torch.Generator().manual_seed(derive(seed, *names))
