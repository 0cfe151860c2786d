"""The images of a split, read in place from shard files that are mapped into memory.

The system reads a page of a file on first access, keeps it while there is room, and drops it when memory is short. The
memory that a process must hold therefore does not grow with the set.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"U8": np.dtype("u1"), "I64": np.dtype("<i8")}
"""The types of a shard's tensors, by safetensors' names for them."""


class Images:
    """Some of the images of several arrays: ``images[rows]`` copies the requested images and reads no others."""

    def __init__(self, parts: Sequence[NDArray[np.uint8]], rows: NDArray[np.int64]) -> None:
        """Choose images.

        Args:
            parts: one or more arrays, each N x C x H x W.
            rows: indices of the chosen images in the concatenated parts.
        """
        self._parts = parts
        self._rows = rows
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.shape = (len(rows), *parts[0].shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, chosen: int | slice | NDArray[np.int64]) -> NDArray[np.uint8]:
        """Copy images into memory, n x C x H x W, or a single image, C x H x W."""
        rows = np.atleast_1d(self._rows[chosen])
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        part_of = np.searchsorted(self._starts, rows, side="right") - 1
        within = rows - self._starts[part_of]
        for place, (part, row) in enumerate(zip(part_of.tolist(), within.tolist(), strict=True)):
            images[place] = self._parts[part][row]
        return images[0] if isinstance(chosen, int) else images

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Copy all images into memory."""
        return self[:].astype(dtype or np.uint8, copy=False)


def map_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Map the tensors of a safetensors file into memory, read-only.

    The format is described at https://huggingface.co/docs/safetensors: the length of the header in eight bytes, the
    header in JSON, and the tensors, at offsets that the header counts from its own end.

    Args:
        path: a file whose content has been verified.
    """
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
    whole = np.memmap(path, np.uint8, mode="r").view(np.ndarray)  # np.memmap itself is slow to index
    return {
        name: whole[slice(*(start + end for end in tensor["data_offsets"]))]
        .view(_TYPES[tensor["dtype"]])
        .reshape(tensor["shape"])
        for name, tensor in header.items()
        if name != "__metadata__"
    }
