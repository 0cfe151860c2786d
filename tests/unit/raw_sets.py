"""Helpers for the tests of the formats: bringing in a source, and tars."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from resgrad.common.errors import ResgradError


def brought(data_format, source: Path, target: Path) -> Path:
    target.mkdir()
    data_format.bring(source, target, "mine")
    return target


def refusal(data_format, source: Path, target: Path) -> str:
    with pytest.raises(ResgradError) as caught, data_format.opened(brought(data_format, source, target), "mine"):
        pass
    assert "\n" not in str(caught.value)
    assert str(target) not in str(caught.value)
    return str(caught.value)


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w:gz", prefix: str = "cifar-10-batches-bin/") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(prefix + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def records(count: int, seed: int, labels: int = 1, classes: int = 3) -> bytes:
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 256, (count, labels + 3072), dtype=np.uint8)
    values[:, :labels] = 9  # the coarse label of CIFAR-100, which is not used
    values[:, labels - 1] = np.arange(count) % classes
    return values.tobytes()


CIFAR10 = {
    **{f"data_batch_{number}.bin": records(6, number) for number in range(1, 6)},
    "test_batch.bin": records(4, 6),
    "batches.meta.txt": b"airplane\nautomobile\nbird\n\n",
    "readme.html": b"<html>",
}
CIFAR100 = {
    "train.bin": records(9, 1, labels=2),
    "test.bin": records(4, 2, labels=2),
    "fine_label_names.txt": b"apple\naquarium_fish\nbaby\n",
    "coarse_label_names.txt": b"fish\n",
}
