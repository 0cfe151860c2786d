"""Small files with MNIST's names, a download of any source, and what it leaves."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from resgrad.common.errors import ResgradError
from resgrad.datasets.config import SourceConfig
from resgrad.download import sources

DIGITS = {
    "train-images-idx3-ubyte.gz": np.arange(32, dtype=np.uint8).reshape(2, 4, 4),
    "train-labels-idx1-ubyte.gz": np.array([5, 0], np.uint8),
    "t10k-images-idx3-ubyte.gz": np.arange(16, dtype=np.uint8).reshape(1, 4, 4),
    "t10k-labels-idx1-ubyte.gz": np.array([7], np.uint8),
}


class Bring:
    """Downloads into folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.raw = folder / "data" / "raw"
        self.partials = folder / "partials"
        self.store = folder / "store"
        self.said = ""

    def __call__(self, dataset: str, source: object, leaf_map: object = None) -> Path:
        target = self.raw / dataset
        data_format = "idx" if dataset == "mnist" else "folder"
        config = SourceConfig(format=data_format, source=str(source), leaf_map=leaf_map and str(leaf_map))
        self.said = sources.download(dataset, config, target, partials=self.partials, store=self.store)
        assert sorted(path.name for path in self.raw.iterdir()) == [dataset]
        return target

    def fails(self, dataset: str, source: object, leaf_map: object = None) -> str:
        with pytest.raises(ResgradError) as caught:
            self(dataset, source, leaf_map)
        assert not self.raw.exists() or not list(self.raw.iterdir())
        assert "\n" not in str(caught.value)
        return str(caught.value)


def checksums_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def provenance_of(folder: Path) -> str:
    """Return the provenance, after comparing all files with their checksums."""
    written = json.loads((folder / "provenance.json").read_text())
    checksums = checksums_of(folder)
    del checksums["provenance.json"]
    assert written == {"provenance": written["provenance"], "files": checksums}
    return written["provenance"]
