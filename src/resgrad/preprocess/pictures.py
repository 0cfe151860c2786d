"""The images of a data set to decode: without duplicates, and grouped by what must stay in one split."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from resgrad.datasets.listing import Listing
from resgrad.preprocess import duplicates
from resgrad.preprocess.images import ImageError, probe_header
from resgrad.preprocess.leaves import Capture, Group, LeafMap, captures_of, group


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """All images of a listing except duplicates; N is their number."""

    positions: np.ndarray
    """Positions in the listing, int64, N."""
    labels: np.ndarray
    """Positions in the listing's classes, int64, N."""
    splits: np.ndarray | None
    """The set's own splits: train, validation or test, N, as text; None if it has none."""
    groups: list[Group] | None
    """None if pictures do not come in groups."""
    id_of: Callable[[int], str]
    """The name of the picture at a position; made on demand, because the names of a large set do not fit in memory."""
    skipped: Counter[str]
    """Images left out, by reason."""
    examples: dict[str, str]
    """The name of one of them, by reason."""
    copied: float | None
    """If the set has its own splits: the share of test images that were also in training or validation, now removed."""
    captures: list[Capture] | None
    """If the set has its own splits, and file names: the capture that each picture shows, N."""


def gather(listing: Listing, leaf_map: LeafMap | None) -> Pictures:
    """Leave out duplicates, and group the other images.

    Args:
        listing: the images of the data set.
        leaf_map: which photographs show the same leaf, if known.
    """
    contents = _contents(listing)
    gone = duplicates.find(contents, listing.labels.tolist(), listing.splits)
    kept = [position for position in range(len(contents)) if position not in gone]
    labels = listing.labels[kept]
    names = [listing.names[position] for position in kept] if listing.names else None
    classes: list[str] = [listing.classes[label] for label in labels.tolist()]
    return Pictures(
        positions=np.array(kept, np.int64),
        labels=labels,
        splits=np.array([listing.splits[position] or "train" for position in kept]) if listing.splits else None,
        groups=group(classes, names, leaf_map) if names else None,
        id_of=_id_of(listing, kept, classes, names),
        skipped=Counter(gone.values()),
        examples={reason: listing.id_of(position) for position, reason in sorted(gone.items(), reverse=True)},
        copied=_copied(contents, listing.splits) if listing.splits else None,
        captures=captures_of(classes, names) if names and listing.splits else None,
    )


def _contents(listing: Listing) -> list[bytes | None]:
    """Return the SHA-256 of images that may have duplicates; None for the others, and for what is no picture."""
    times = Counter(listing.marks)
    return [
        _content(listing.read(position)) if times[mark] > 1 else None for position, mark in enumerate(listing.marks)
    ]


def _content(image: bytes | np.ndarray) -> bytes | None:
    try:
        if isinstance(image, bytes):
            probe_header(image)
    except ImageError:
        return None  # empty files are alike, and left out for what they are
    return digest(image)


def digest(image: bytes | np.ndarray) -> bytes:
    """Return the SHA-256 of an image's file, or of its pixels."""
    return hashlib.sha256(image if isinstance(image, bytes) else image.tobytes()).digest()


def _id_of(
    listing: Listing, kept: Sequence[int], classes: Sequence[str], names: Sequence[str] | None
) -> Callable[[int], str]:
    """Name a file ``class/file name``, or by its full path if several would have that name."""
    if names is None:
        return lambda place: listing.id_of(kept[place])
    shared = {pair for pair, times in Counter(zip(classes, names, strict=True)).items() if times > 1}

    def id_of(place: int) -> str:
        pair = classes[place], names[place]
        return listing.id_of(kept[place]) if pair in shared else "/".join(pair)

    return id_of


def _copied(contents: Sequence[bytes | None], splits: Sequence[str | None]) -> float | None:
    others = {content for content, split in zip(contents, splits, strict=True) if split != "test"} - {None}
    test = [content in others for content, split in zip(contents, splits, strict=True) if split == "test"]
    return sum(test) / len(test) if test else None
