"""What every kind of source comes down to: pictures in a fixed order, and what is known of each before decoding it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from resgrad.preprocess.leaves import Group


class Picture(NamedTuple):
    """One picture, decoded and resized if it can be."""

    sha256: bytes
    """Of the source: the file's bytes, or the pixels of an IDX image."""
    pixels: np.ndarray | None
    """uint8, C x H x W."""
    reason: str = ""
    """Why there are no pixels; empty where there are."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """All pictures of a source except duplicates; N is their number."""

    classes: list[str]
    labels: np.ndarray
    """Position in ``classes``, int64, N."""
    groups: list[Group] | None
    """None where pictures do not come in groups."""
    is_test: np.ndarray | None
    """The source's own test split, bool, N; None where it brings none."""
    skipped: Counter[str]
    """Pictures left out, by reason."""
    id_of: Callable[[int], str]
    """The name of the picture at a position; made when asked for, as a large source has more names than memory."""
    pictures: Callable[[list[int]], Iterator[Picture]]
    """Decodes the pictures at these positions, in this order."""
