"""CIFAR-10 and CIFAR-100 in their binary version: records of one or two bytes for the class, then the pixels.

A record of CIFAR-10 is a label and 3,072 bytes of pixels, 32 x 32 red, then green, then blue; a record of CIFAR-100
begins with two labels, and the second, fine label is used. Source: A. Krizhevsky, "Learning Multiple Layers of Features
from Tiny Images" (2009), and the page that offers the files. The Python version consists of pickles, which can run any
code when they are loaded, so it is refused.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from resgrad.datasets import packing, tars
from resgrad.datasets.listing import LayoutError, Listing, numbered

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "leaf_map": None,
        "image_size": 32,
        "color": "rgb",
        "train_limit": None,
        "validation_fraction": 0.1,
        "test_fraction": None,
        "split": "random",
        "epochs": 12,
        "target_accuracy": 0.5,
        # As in He et al. 2015, section 4.2.
        "augment": {"horizontal_flip": True, "crop_padding": 4},
    }
)
BRINGS_TEST = True
HAS_FILE_NAMES = False
FILES = ()

SIDE = 32
PIXELS = 3 * SIDE * SIDE
MAX_BYTES = 2**28
"""Limit for one file; the largest, CIFAR-100's train.bin, has 154 MB."""


class Version(NamedTuple):
    """One of the two sets."""

    name: str
    train: tuple[str, ...]
    test: str
    names: str
    """The file with the names of the classes, one per line."""
    labels: int
    """Number of bytes of a record before its pixels; the last one is the class."""


VERSIONS = (
    Version(
        "CIFAR-10", tuple(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin", "batches.meta.txt", labels=1
    ),
    Version("CIFAR-100", ("train.bin",), "test.bin", "fine_label_names.txt", labels=2),
)
_PYTHON_VERSION = {"data_batch_1", "test_batch", "batches.meta", "train", "test", "meta"}
"""Names of pickles."""


def bring(source: Path, folder: Path, shown: str) -> None:
    """Copy the files of records from the published archive, or from a folder into which it was unpacked.

    Raises:
        LayoutError: files are missing, there are two different ones of one name, or it is the Python version.
        ArchiveError: an archive is damaged or must not be trusted.
    """
    wanted = {name for version in VERSIONS for name in (*version.train, version.test, version.names)}
    seen: dict[str, str] = {}
    for path, read in _files(source, shown):
        name = PurePosixPath(path).name
        twin = seen.setdefault(name, path)
        if name not in wanted:
            continue
        content = read()
        if twin != path and (folder / name).read_bytes() != content:
            raise LayoutError(f"{shown} holds {twin} and {path}, which differ; remove one.")
        (folder / name).write_bytes(content)
    if not any(seen.keys() & version.train for version in VERSIONS) and seen.keys() & _PYTHON_VERSION:
        raise LayoutError(
            f"{shown} is the Python version of CIFAR, pickles, which are never loaded; use the binary version "
            "(cifar-10-binary.tar.gz or cifar-100-binary.tar.gz)."
        )
    _version(folder, shown)


@contextmanager
def opened(folder: Path, shown: str) -> Iterator[Listing]:
    """List training images, in the order of the files, then test images.

    Raises:
        LayoutError: a file is missing, does not hold a whole number of records, or holds a label without a name.
    """
    version = _version(folder, shown)
    text = (folder / version.names).read_text(encoding="utf-8-sig", errors="replace")
    classes = [name for line in text.splitlines() if (name := line.strip())]
    train = [_records(folder / name, version, shown) for name in version.train]
    test = _records(folder / version.test, version, shown)
    records = np.concatenate([*train, test])
    first_test = len(records) - len(test)
    labels = records[:, version.labels - 1].astype(np.int64)
    for name, times in Counter(classes).most_common(1):
        if times > 1:
            raise LayoutError(f"{shown} has two classes named {name!r} in {version.names}; rename one.")
    if labels.max() >= len(classes):
        raise LayoutError(
            f"{shown} has the label {labels.max()}, and {version.names} only {len(classes)} names; fetch it again."
        )

    def read(position: int) -> np.ndarray:
        return records[position, version.labels :].reshape(3, SIDE, SIDE).transpose(1, 2, 0)

    yield Listing(
        classes=classes,
        labels=labels,
        splits=["train"] * first_test + ["test"] * len(test),
        id_of=numbered(first_test),
        read=read,
        marks=[hash(record[version.labels :].tobytes()) for record in records],
    )


def _files(source: Path, shown: str) -> Iterator[tuple[str, Any]]:
    """Yield paths within the source, and functions that read the files; call those of an archive at once."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file():
                packing.check_inside(path, source, shown)
                name = path.relative_to(source).as_posix()
                yield name, partial(_read, path, f"{shown.rstrip('/')}/{name}")
    elif tars.is_tar(source):
        for member in tars.members(source, shown, max_bytes=MAX_BYTES):
            if not member.path.endswith("/"):
                yield member.path, member.read
    else:
        raise LayoutError(f"{shown} is no tar archive; format cifar wants cifar-10-binary.tar.gz, or its folder.")


def _read(path: Path, shown: str) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise LayoutError(f"{shown} has more than the {MAX_BYTES:,} bytes that any file of CIFAR has; fetch it again.")
    return path.read_bytes()


def _version(folder: Path, shown: str) -> Version:
    """Return the set that a folder holds completely."""
    versions = [version for version in VERSIONS if any((folder / name).exists() for name in version.train)]
    if len(versions) > 1:
        raise LayoutError(
            f"{shown} holds {' and '.join(version.name for version in versions)}; give the folder of one."
        )
    if not versions:
        expected = "; or ".join(f"{version.train[0]}, ..., {version.test}" for version in VERSIONS)
        raise LayoutError(f"{shown} holds no file of the binary version of CIFAR ({expected}).")
    version = versions[0]
    missing = [name for name in (*version.train, version.test, version.names) if not (folder / name).exists()]
    if missing:
        raise LayoutError(f"{shown} lacks {', '.join(missing)} of {version.name}; fetch it again.")
    return version


def _records(path: Path, version: Version, shown: str) -> np.ndarray:
    """Read a file as records, N x (labels + 3,072), without copying it into memory."""
    size = version.labels + PIXELS
    length = path.stat().st_size
    if not length or length % size:
        raise LayoutError(
            f"{shown}: {path.name} has {length:,} bytes, which are no whole number of records of {size:,}; "
            "fetch it again."
        )
    return np.memmap(path, np.uint8, "r").reshape(-1, size)
