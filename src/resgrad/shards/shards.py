"""Images as a few large files that are read without decoding anything.

A folder of shards holds ``shard-00000.safetensors``, … (``images``: uint8, N x C x H x W; ``labels``: int64, N),
``index.parquet`` (one row per image, in the order of the shards, with the columns of :func:`index_schema`) and
``manifest.json``. Reading is kept apart from writing (``shard_writer``), so that training does not depend on how shards
came about. Neither torch nor pandas is needed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy

from resgrad.common.errors import ResgradError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

Scheme = Literal["given", "leaf", "random"]
"""How images came to the splits: as the set itself has it; leaves kept together; or every image by itself."""
DEALT: tuple[Scheme, ...] = ("leaf", "random")
"""The schemes of a set that brings no splits: its shards hold both."""
GIVEN: tuple[Scheme, ...] = ("given",)
"""The scheme of a set that brings its splits."""

_EXPECTED = {"index_sha256", "shape", "shards"}


class ShardError(ResgradError):
    """A folder of shards cannot be read."""


def index_schema(schemes: Sequence[Scheme]) -> pa.Schema:
    """Return the columns of an index, whose images were dealt by these schemes."""
    return pa.schema(
        {
            "id": pa.string(),  # test-00017; of files: class/file name
            "label": pa.int64(),  # position in the manifest's classes
            "group": pa.string(),  # what must not be torn apart, such as a leaf; null where none are known
            # train, validation, test; null: over the limit, not used by this scheme
            **{f"split_{scheme}": pa.string() for scheme in schemes},
            "sha256": pa.string(),  # of the source: the file's bytes, or the pixels of an image that is no file
        }
    )


class Shards:
    """A folder of shards, read and verified."""

    def __init__(self, folder: Path):
        """Open a folder; reads its manifest only.

        Raises:
            ShardError: there is no manifest, or it is damaged.
        """
        self._folder = folder
        path = folder / "manifest.json"
        try:
            self.manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ShardError(f"{path} does not exist; `dvc repro preprocess@{folder.name}` makes it.") from None
        except ValueError:
            raise self._damaged(path) from None
        if not isinstance(self.manifest, dict) or not self.manifest.keys() >= _EXPECTED:
            raise self._damaged(path)

    def read(self, split: Split, scheme: Scheme | None = None) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Read the images of one split; shards without any of them stay closed.

        Args:
            split: which one.
            scheme: by which it was made; None for the one in use.

        Returns:
            Images, uint8, N x C x H x W; labels, int64, N; ids.

        Raises:
            ShardError: a file is missing or is not what the manifest says.
        """
        index = self.index()
        splits = index[f"split_{scheme or self.manifest['split']}"].to_pylist()
        wanted = np.array([own == split for own in splits], np.bool_)
        images = np.empty((int(wanted.sum()), *self.manifest["shape"]), np.uint8)
        labels = np.empty(len(images), np.int64)
        start = filled = 0
        for shard in self.manifest["shards"]:
            rows = np.flatnonzero(wanted[start : start + shard["samples"]])
            start += shard["samples"]
            if len(rows):
                content = self._read_shard(shard)
                images[filled : filled + len(rows)] = content["images"][rows]
                labels[filled : filled + len(rows)] = content["labels"][rows]
                filled += len(rows)
        return images, labels, [name for name, own in zip(index["id"].to_pylist(), splits, strict=True) if own == split]

    def index(self) -> pa.Table:
        """Read the index, a row per image.

        Raises:
            ShardError: it is missing or is not what the manifest says.
        """
        path = self._folder / "index.parquet"
        content = self._verified(path, self.manifest["index_sha256"])
        return pq.ParquetFile(pa.BufferReader(content)).read()  # pq.read_table imports pandas, which takes 0.2 s

    def _read_shard(self, shard: Mapping[str, Any]) -> dict[str, np.ndarray]:
        path = self._folder / shard["file"]
        content = safetensors.numpy.load(self._verified(path, shard["sha256"]))
        if content["images"].shape != (shard["samples"], *self.manifest["shape"]):
            raise self._damaged(path)
        return content

    def _verified(self, path: Path, sha256: str) -> bytes:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise self._damaged(path, "is missing") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise self._damaged(path)
        return content

    def _damaged(self, path: Path, what: str = "is damaged") -> ShardError:
        name = self._folder.name
        return ShardError(f"{path} {what}; `dvc checkout --force data/shards/{name}` mends it.")
