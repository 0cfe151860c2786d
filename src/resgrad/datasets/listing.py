"""The common result of all formats: images in a fixed order, with the facts known before they are decoded."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from resgrad.datasets.errors import DataError


class LayoutError(DataError):
    """Files are not laid out as their format requires; the text says what was found and what is expected."""


class PassedOver(NamedTuple):
    """How many files were ignored for one reason."""

    files: int
    example: str
    """The name of one of them."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All images of a data set; N is their number."""

    classes: list[str]
    labels: np.ndarray
    """Position in ``classes``, int64, N."""
    splits: Sequence[str | None] | None = None
    """The set's own split of each image: train, validation or test, N. None if it has no splits."""
    names: Sequence[str] | None = None
    """File names, N, which may show which images belong together; None if images are not files."""
    id_of: Callable[[int], str]
    """The unique name of the image at a position; made on demand, because names take memory."""
    read: Callable[[int], bytes | np.ndarray]
    """The image at a position: a file's bytes, or pixels in uint8, H x W or H x W x 3."""
    marks: Sequence[Hashable]
    """One per image, N. Images with different marks are different; those with the same mark must be compared."""
    passed_over: Mapping[str, PassedOver] = field(default_factory=dict)
    """The ignored files, by reason."""
    folders: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """If images are files: the sources of each class, as the number of images by folder."""


def numbered(first_test: int) -> Callable[[int], str]:
    """Return a function that names images without file names, such as ``test-00017``: by split and position in it.

    Args:
        first_test: position of the first test image; all before it are training images.
    """
    return lambda position: f"train-{position:05d}" if position < first_test else f"test-{position - first_test:05d}"
