"""What every format comes down to: images in a fixed order, and what is known of each before it is decoded."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from resgrad.common.errors import ResgradError


class LayoutError(ResgradError, ValueError):
    """Files are not laid out as their format wants them; the text says what was found and what is expected."""


class PassedOver(NamedTuple):
    """How many files of one kind are not looked at."""

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
    """Where the set itself puts each image: train, validation or test, N. None where it brings no splits."""
    names: Sequence[str] | None = None
    """File names, N, which may tell what images belong together; None where images are not files."""
    id_of: Callable[[int], str]
    """The name of the image at a position, unlike all others'; made when asked for, as names take memory."""
    read: Callable[[int], bytes | np.ndarray]
    """The image at a position: a file's bytes, or pixels in uint8, H x W or H x W x 3."""
    marks: Sequence[Hashable]
    """Of each image, N. Images with different marks are different; those with the same one must be compared."""
    passed_over: Mapping[str, PassedOver] = field(default_factory=dict)
    """What is not looked at, by reason."""
    folders: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Where images are files: what became each class, as the number of images by folder."""


def numbered(first_test: int) -> Callable[[int], str]:
    """Return what names images without names, such as ``test-00017``: by their split, and their place in it.

    Args:
        first_test: position of the first test image; all before it are training images.
    """
    return lambda position: f"train-{position:05d}" if position < first_test else f"test-{position - first_test:05d}"
