"""Read the four IDX files of MNIST; a training image that is in the test too leaves the training, never the test."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from resgrad.common.errors import ResgradError
from resgrad.datasets import idx
from resgrad.preprocess import duplicates
from resgrad.preprocess.images import Color, from_grey
from resgrad.preprocess.pictures import Picture, Source

PREFIXES = {"train": "train", "test": "t10k"}
MAX_BYTES = 2**30
"""Of one IDX file; MNIST's largest has 47 MB."""


class DigitsError(ResgradError, ValueError):
    """The IDX files are missing or do not fit each other."""


def read(folder: Path, *, size: int, color: Color) -> Source:
    """Read a folder with the four official file names.

    Raises:
        DigitsError: a file is missing, or images and labels do not fit.
        IdxError: a file is damaged.
    """
    train_images, train_labels = _read_part(folder, "train")
    test_images, test_labels = _read_part(folder, "test")
    first_test = len(train_images)
    digests = [hashlib.sha256(image).digest() for images in (train_images, test_images) for image in images]
    gone = _duplicates(digests, train_labels)
    kept = np.array([row for row in range(len(digests)) if row not in gone])
    values = np.concatenate([train_labels, test_labels])[kept]
    present = np.unique(values)

    def id_of(position: int) -> str:
        row = kept[position]
        return f"train-{row:05d}" if row < first_test else f"test-{row - first_test:05d}"

    def pictures(positions: list[int]) -> Iterator[Picture]:
        for row in kept[positions]:
            image = train_images[row] if row < first_test else test_images[row - first_test]
            yield Picture(digests[row], from_grey(image, size, color))

    return Source(
        classes=[str(value) for value in present],
        labels=np.searchsorted(present, values).astype(np.int64),
        groups=None,
        is_test=kept >= first_test,
        skipped=Counter(gone.values()),
        id_of=id_of,
        pictures=pictures,
    )


def _read_part(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the images, N x H x W, and labels, N, of one part."""
    arrays = []
    for kind, dimensions in {"images": 3, "labels": 1}.items():
        path = folder / f"{PREFIXES[part]}-{kind}-idx{dimensions}-ubyte.gz"
        if not path.exists():
            raise DigitsError(f"{path} does not exist; `dvc repro -f download@{folder.name}` fetches it.")
        array = idx.read(path, max_bytes=MAX_BYTES)
        if array.ndim != dimensions or not array.size:
            raise DigitsError(f"{path} has the shape {array.shape}, in which no {kind} come; fetch it again.")
        arrays.append(array)
    images, labels = arrays
    if len(images) != len(labels):
        raise DigitsError(
            f"{folder} has {len(images)} {part} images and {len(labels)} labels for them; fetch it again."
        )
    return images, labels


def _duplicates(digests: list[bytes], train_labels: np.ndarray) -> dict[int, str]:
    """Map the rows of training images that must go to the reason; digests begin with the training's."""
    training, test = digests[: len(train_labels)], set(digests[len(train_labels) :])
    gone = {row: "duplicate_of_test" for row, digest in enumerate(training) if digest in test}
    others = [None if row in gone else digest for row, digest in enumerate(training)]
    return gone | duplicates.find(others, train_labels.tolist())
