"""Images as a few large files that are read without decoding.

A folder of shards holds ``shard-00000.safetensors``, … (``images``: uint8, N x C x H x W; ``labels``: int64, N),
``index.parquet`` (one row per image, in the order of the shards, with the columns of :func:`index_schema`) and
``manifest.json``. Reading is separate from writing (``shard_writer``), so that training does not depend on how shards
were made. Neither torch nor pandas is needed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from resgrad.common.errors import ResgradError
from resgrad.shards.images import Images, map_tensors

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

Scheme = Literal["given", "leaf", "random"]
"""How images were assigned to splits: as the set itself defines; keeping leaves together; or each image separately."""
DEALT: tuple[Scheme, ...] = ("leaf", "random")
"""The schemes of a set without splits of its own: its shards hold both."""
GIVEN: tuple[Scheme, ...] = ("given",)
"""The scheme of a set with splits of its own."""

_EXPECTED = {"index_sha256", "shape", "shards"}


class ShardError(ResgradError):
    """A folder of shards cannot be read."""


def index_schema(schemes: Sequence[Scheme]) -> pa.Schema:
    """Return the schema of an index of images that were split by these schemes."""
    return pa.schema(
        {
            "id": pa.string(),  # test-00017; for files: class/file name
            "label": pa.int64(),  # position in the manifest's classes
            "group": pa.string(),  # images that must stay together, such as a leaf's; null where unknown
            # train, validation or test; null if this scheme does not use the image, because of the limit
            **{f"split_{scheme}": pa.string() for scheme in schemes},
            "sha256": pa.string(),  # of the source: the file's bytes, or the pixels if an image is not a file
        }
    )


class Shards:
    """A folder of shards, read and verified."""

    def __init__(self, folder: Path):
        """Open a folder and read only its manifest.

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

    def read(self, split: Split, scheme: Scheme | None = None) -> tuple[Images, NDArray[np.int64], list[str]]:
        """Verify and open the images of one split; shards without any of them are not opened.

        Args:
            split: which split.
            scheme: the scheme of the split; None for the one in use.

        Returns:
            N images of C x H x W, which stay in their files until they are accessed; labels, N; ids, N.

        Raises:
            ShardError: a file is missing or is not what the manifest says.
        """
        rows, ids = self._find(split, scheme or self.manifest["split"])
        parts, labels, chosen = [], [], []
        start = opened = 0
        for shard in self.manifest["shards"]:
            here = rows[(start <= rows) & (rows < start + shard["samples"])] - start
            start += shard["samples"]
            if len(here):
                tensors = self._map_shard(shard)
                parts.append(tensors["images"])
                labels.append(tensors["labels"][here])
                chosen.append(here + opened)
                opened += shard["samples"]
        if not parts:
            parts, labels, chosen = [np.empty((0, *self.manifest["shape"]), np.uint8)], [rows], [rows]
        return Images(parts, np.concatenate(chosen)), np.concatenate(labels), ids

    def index(self) -> pa.Table:
        """Read the index, a row per image.

        Raises:
            ShardError: it is missing or is not what the manifest says.
        """
        with self._open_index() as file:
            return file.read()

    def _find(self, split: Split, scheme: Scheme) -> tuple[NDArray[np.int64], list[str]]:
        """Return the positions of a split's images in the shards, and their ids; reads the index by row groups."""
        rows, ids = [], []
        start = 0
        with self._open_index() as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, ["id", f"split_{scheme}"], use_threads=False).to_pydict()
                for row, (name, own) in enumerate(zip(group["id"], group[f"split_{scheme}"], strict=True), start):
                    if own == split:
                        rows.append(row)
                        ids.append(name)
                start += len(group["id"])
        return np.array(rows, np.int64), ids

    def _open_index(self) -> pq.ParquetFile:
        path = self._folder / "index.parquet"
        self._verify(path, self.manifest["index_sha256"])
        return pq.ParquetFile(path)  # pq.read_table imports pandas, which takes 0.2 s

    def _map_shard(self, shard: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        path = self._folder / shard["file"]
        self._verify(path, shard["sha256"])
        tensors = map_tensors(path)
        if tensors["images"].shape != (shard["samples"], *self.manifest["shape"]):
            raise self._damaged(path)
        return tensors

    def _verify(self, path: Path, sha256: str) -> None:
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()  # in small pieces
        except FileNotFoundError:
            raise self._damaged(path, "is missing") from None
        if digest != sha256:
            raise self._damaged(path)

    def _damaged(self, path: Path, what: str = "is damaged") -> ShardError:
        name = self._folder.name
        return ShardError(f"{path} {what}; `dvc checkout --force data/shards/{name}` mends it.")
