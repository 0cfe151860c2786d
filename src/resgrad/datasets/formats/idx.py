"""The four IDX files of MNIST and its relatives: training and test images, and the labels of each.

Relatives are Fashion-MNIST, KMNIST, EMNIST and any other set with the same file names. Files may be gzipped or plain,
in the usual spellings: ``train-images-idx3-ubyte.gz``, ``train-images.idx3-ubyte``,
``emnist-letters-train-images-idx3-ubyte``, or a file in a folder of the same name.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np

from resgrad.datasets import archives, idx, packing
from resgrad.datasets.listing import LayoutError, Listing, numbered

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "leaf_map": None,
        "image_size": 28,
        "color": "grey",
        "train_limit": None,
        "validation_fraction": 0.1,
        "test_fraction": None,
        "split": "random",
        "epochs": 6,
        "target_accuracy": 0.9,
        "augment": {},
    }
)
BRINGS_TEST = True
HAS_FILE_NAMES = False
FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
"""The names of MNIST's files, which are also used here."""

MAX_BYTES = 2**30
"""Limit for one file's pixels; MNIST has 47 MB, its largest relative (EMNIST) 547 MB."""
_DIMENSIONS = {"images": 3, "labels": 1}
_SPELLING = re.compile(
    r"(?P<set>.*[-_.])?(?P<part>train|t10k|test)[-_.](?P<what>images|labels)[-_.]idx[13][-_.]ubyte(\.gz)?",
    re.IGNORECASE,
)
_TABLES = re.compile(r"labels[-_.]idx2[-_.]", re.IGNORECASE)
"""In the names of QMNIST's labels, which say beside the digit who wrote it."""
_PART = re.compile(r"(train|t10k|test)(?=[-_.](images|labels))", re.IGNORECASE)
_WHAT = re.compile(r"(images|labels)(?P<idx>[-_.]idx)[13]", re.IGNORECASE)


def bring(source: Path, folder: Path, shown: str) -> None:
    """Copy the four files under MNIST's names, gzipping those that are not.

    Raises:
        LayoutError: a file is missing, there are two different files for one purpose, or files of several sets.
        IdxError: a file is damaged, or is not such an IDX file.
    """
    if not source.is_dir():
        raise LayoutError(f"{shown} is a file; format idx wants a folder that holds {', '.join(FILES)}.")
    found = _find(source, shown)
    there = {name: file.relative_to(source).as_posix() for name, file in found.items()}
    spelt = {name: _spell(name, there) for name in FILES}
    for name in FILES:
        if name not in found:
            tables = [file.name for file in sorted(source.iterdir()) if _TABLES.search(file.name)]
            instead = f" but {tables[0]}, which has more than one number for an image" if tables else ""
            raise LayoutError(
                f"{shown} holds no {spelt[name]}{instead}; format idx wants {', '.join(spelt.values())}, gzipped or "
                "plain."
            )
    for name in FILES:
        file, shown_file = found[name], f"{shown.rstrip('/')}/{spelt[name]}"
        array = idx.read(file, max_bytes=MAX_BYTES, shown=shown_file)
        _check_shape(array, name.split("-")[1], shown_file)
        if idx.is_gzipped(file):
            shutil.copyfile(file, folder / name)
        else:
            idx.write(folder / name, array)


@contextmanager
def opened(folder: Path, shown: str) -> Iterator[Listing]:
    """List training images, then test images; classes are the numbers that occur among the labels.

    Raises:
        LayoutError: the files do not fit together.
        IdxError: a file is damaged.
    """
    parts = {part: _read_part(folder, part, shown) for part in ("train", "t10k")}
    (train_images, train_labels), (test_images, test_labels) = parts.values()
    if train_images.shape[1:] != test_images.shape[1:]:
        sizes = (" x ".join(map(str, images.shape[1:])) for images, _ in parts.values())
        raise LayoutError(
            "{} has training images of {} pixels and test images of {}; they must be of one set.".format(shown, *sizes)
        )
    first_test = len(train_images)
    values = np.concatenate([train_labels, test_labels])
    present = np.unique(values)

    def read(position: int) -> np.ndarray:
        return train_images[position] if position < first_test else test_images[position - first_test]

    yield Listing(
        classes=[str(value) for value in present],
        labels=np.searchsorted(present, values).astype(np.int64),
        splits=["train"] * first_test + ["test"] * len(test_images),
        id_of=numbered(first_test),
        read=read,
        marks=[hash(read(position).tobytes()) for position in range(len(values))],
    )


def _find(source: Path, shown: str) -> dict[str, Path]:
    """Map MNIST's names to files of the source; if a file is there in two spellings, either will do."""
    found: dict[str, Path] = {}
    sets: dict[str, str] = {}
    # Gzipped files first: they are copied unchanged, so that official files stay official.
    for file in sorted([*source.iterdir(), *source.glob("*ubyte*/*ubyte*")], key=lambda file: file.suffix != ".gz"):
        if archives.is_hidden(file.relative_to(source)):  # macOS writes ._train-images-idx3-ubyte beside such a file
            continue
        if not file.is_file() or not (spelt := _SPELLING.fullmatch(file.name)):
            continue
        packing.check_inside(file, source, shown)
        sets.setdefault((spelt["set"] or "").lower(), file.relative_to(source).as_posix())
        if len(sets) > 1:
            names = " and ".join(sorted(sets.values()))
            raise LayoutError(
                f"{shown} holds {names}, whose names are of different sets; leave only the four files of one in it."
            )
        what = spelt["what"].lower()
        part = "train" if spelt["part"].lower() == "train" else "t10k"
        name = f"{part}-{what}-idx{_DIMENSIONS[what]}-ubyte.gz"
        twin = found.setdefault(name, file)
        if twin != file and not _same(twin, file):
            names = " and ".join(str(copy.relative_to(source)) for copy in (twin, file))
            raise LayoutError(f"{shown} holds {names}, which differ, and either could be {name}; remove one.")
    return found


def _spell(name: str, found: Mapping[str, str]) -> str:
    """Return the path of a file, or name a missing one in the spelling of one that is there, best of the same part."""
    if name in found:
        return found[name]
    part, what, _ = name.split("-", 2)
    own = [path for other, path in found.items() if other.startswith(part)]
    path = next(iter([*own, *found.values(), name]))
    if not own:
        has_prefix = not _PART.match(PurePosixPath(path).name)  # as in EMNIST, which says test
        path = _PART.sub("test" if has_prefix and part == "t10k" else part, path)
    return _WHAT.sub(rf"{what}\g<idx>{_DIMENSIONS[what]}", path)


def _same(first: Path, second: Path) -> bool:
    return np.array_equal(idx.read(first, max_bytes=MAX_BYTES), idx.read(second, max_bytes=MAX_BYTES))


def _check_shape(array: np.ndarray, what: str, shown: str) -> None:
    if array.ndim != _DIMENSIONS[what] or not array.size:
        raise LayoutError(f"{shown} has the shape {array.shape}, in which no {what} come; fetch it again.")


def _read_part(folder: Path, part: str, shown: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the images, N x H x W, and labels, N, of one part."""
    arrays = []
    for what, dimensions in _DIMENSIONS.items():
        name = f"{part}-{what}-idx{dimensions}-ubyte.gz"
        path = folder / name
        if not path.exists():
            raise LayoutError(f"{shown} holds no {name}; `dvc repro -f download@{folder.name}` brings it.")
        shown_file = f"{shown.rstrip('/')}/{name}"
        array = idx.read(path, max_bytes=MAX_BYTES, shown=shown_file)
        _check_shape(array, what, shown_file)
        arrays.append(array)
    images, labels = arrays
    if len(images) != len(labels):
        raise LayoutError(f"{shown} has {len(images)} {part} images and {len(labels)} labels for them; fetch it again.")
    return images, labels
