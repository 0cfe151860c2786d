"""Write images as a few large files (see ``shards`` for the format); the same images give the same bytes."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
import safetensors.numpy

from resgrad.common.files import write_json
from resgrad.shards.shards import DEALT, Scheme, index_schema

SHARD_BYTES = 8 * 2**20
"""A shard holds as many images as fit into this; writing takes about three times as much memory."""

INDEX_ROWS = 2048
"""Rows of the index in memory at a time, and in a row group."""


class ShardWriter:
    """Fills a folder with shards, one of them in memory at a time."""

    def __init__(self, folder: Path, shape: tuple[int, int, int], schemes: Sequence[Scheme] = DEALT):
        """Create a folder for images of channels x height x width, split by these schemes; it must not exist."""
        folder.mkdir()
        self._folder = folder
        capacity = max(1, SHARD_BYTES // int(np.prod(shape)))
        self._images = np.empty((capacity, *shape), np.uint8)
        self._labels = np.empty(capacity, np.int64)
        self._trained = {scheme: np.empty(capacity, np.bool_) for scheme in schemes}
        self._schemes = schemes
        self._filled = 0
        self._shards: list[dict[str, Any]] = []
        self._power_sums = {scheme: np.zeros((3, shape[0]), np.uint64) for scheme in schemes}

    def add(self, image: np.ndarray, label: int, trained_in: Collection[str]) -> None:
        """Append an image, uint8, C x H x W.

        Args:
            image: the pixels.
            label: position in the classes.
            trained_in: the schemes that train on it; it counts in their scaling.
        """
        if self._filled == len(self._images):
            self._flush()
        self._images[self._filled] = image
        self._labels[self._filled] = label
        for scheme, trained in self._trained.items():
            trained[self._filled] = scheme in trained_in
        self._filled += 1

    def finish(self, index: Iterable[Mapping[str, Any]], manifest: Mapping[str, Any]) -> None:
        """Write the last shard, the index and the manifest.

        Args:
            index: a row per image, in the order in which they were added, with the columns of the schema.
            manifest: further entries of manifest.json, beside ``shape``, ``scaling`` (by scheme: mean and standard
                deviation of the training images' channels, for pixels from 0 to 1), ``shards``, ``index_sha256``.
        """
        self._flush()
        path = self._folder / "index.parquet"
        _write_index(path, index, index_schema(self._schemes))
        write_json(
            self._folder / "manifest.json",
            {
                **manifest,
                "shape": self._images.shape[1:],
                "scaling": {scheme: self._scaling(scheme) for scheme in self._power_sums},
                "shards": self._shards,
                "index_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            },
        )

    def _flush(self) -> None:
        images = self._images[: self._filled]
        content = safetensors.numpy.save({"images": images, "labels": self._labels[: self._filled]})
        name = f"shard-{len(self._shards):05d}.safetensors"
        # Not save_file: other users of a shared DVC cache could not read its files.
        (self._folder / name).write_bytes(content)
        self._shards.append(
            {
                "file": name,
                "samples": self._filled,
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
        power_sums = _power_sums(images)
        for scheme, trained in self._trained.items():
            self._power_sums[scheme] += power_sums[:, trained[: self._filled]].sum(axis=1)
        self._filled = 0

    def _scaling(self, scheme: str) -> dict[str, list[float]]:
        count, total, square = self._power_sums[scheme].astype(np.float64)
        mean = total / count
        return {"mean": (mean / 255).tolist(), "std": (np.sqrt(square / count - mean**2) / 255).tolist()}


def _power_sums(images: np.ndarray) -> np.ndarray:
    """Sum the 0th, 1st and 2nd power of the pixels by image and channel, exactly; 3 x N x C."""
    pixels = images.reshape(*images.shape[:2], -1)
    counts = np.full(pixels.shape[:2], pixels.shape[2], np.uint64)
    squares = np.einsum("ncp,ncp->nc", pixels, pixels, dtype=np.uint64)  # converts in small pieces: no large copy
    return np.stack([counts, pixels.sum(axis=2, dtype=np.uint64), squares])


def _write_index(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
    supply = iter(rows)
    # Through JSON, because pa.array and pa.table import pandas to check for its types: 0.2 s.
    parsing = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    reading = pyarrow.json.ReadOptions(use_threads=False)  # each thread would keep its own memory
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while lines := "\n".join(json.dumps(row) for row in islice(supply, INDEX_ROWS)):
            writer.write_table(pyarrow.json.read_json(BytesIO(lines.encode()), reading, parsing))
