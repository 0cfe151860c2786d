"""The class and the split of each image in a tree of folders.

:mod:`resgrad.datasets.branches` says where class folders are, :mod:`resgrad.datasets.class_labels` what they are
called, and :mod:`resgrad.datasets.lost_classes` which are missing.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from resgrad.datasets.archives import IMAGE_ENDINGS, is_hidden
from resgrad.datasets.branches import Branch, branches_of, check_splits
from resgrad.datasets.folders import Folder, Images, split_of, written
from resgrad.datasets.listing import LayoutError, PassedOver
from resgrad.datasets.lost_classes import check_nothing_lost

EXPECTED = (
    "format folder wants one folder of images per class, such as cats/1.jpg and dogs/1.jpg, or train/ and test/ "
    "(and val/) with such folders in each"
)


class Place(NamedTuple):
    """The class and split of an image."""

    label: str
    """Its class."""
    split: str | None
    """train, validation or test, if the tree has splits."""


class Tree(NamedTuple):
    """The images of a tree of folders."""

    places: list[Place | None]
    """One per image, in the order given; None for an ignored image."""
    passed_over: dict[str, PassedOver]
    """The ignored files, by reason."""
    folders: dict[str, dict[str, int]]
    """Number of images of each class from each folder."""


def read_tree(
    paths: Sequence[str], marks: Sequence[Hashable], others: Sequence[str], empty: Sequence[str], shown: str
) -> Tree:
    """Find the class and split of every image.

    Args:
        paths: those of the images, with slashes.
        marks: one per image; equal for equal images, and hardly ever for different ones.
        others: paths of the files that are not images.
        empty: paths of folders without any file.
        shown: name of the tree in messages.

    Raises:
        LayoutError: there are fewer than two classes, a class with no image left, or an ambiguous layout.
    """
    images = Images.of(paths, marks)
    branches = branches_of(images, shown)
    check_nothing_lost(branches, others, empty, shown)
    places = {folder: Place(label, branch.split) for branch in branches for folder, label in branch.labels.items()}
    labels = {place.label for place in places.values()}
    if len(labels) < 2 or all(split_of(folder[-1]) for folder in places):
        raise LayoutError(f"{shown} holds {_layout(images, others)}; {EXPECTED}.")
    check_splits(branches, shown)
    where = "in no class folder of a split" if branches[0].split else "in no class folder"
    place_of: list[Place | None] = [None] * len(paths)
    reasons = {path: _reason(path) for path in others}
    for folder, positions in images.positions.items():
        for position in positions:
            place_of[position] = places.get(folder)
        if folder not in places:
            reasons |= {paths[position]: where for position in positions}
    repeated = _tested_before(branches, images)
    for position in repeated:
        place_of[position] = None
        reasons[paths[position]] = "in another test folder too"
    return Tree(place_of, _by_reason(reasons), _by_class(places, images, repeated))


def _tested_before(branches: Sequence[Branch], images: Images) -> set[int]:
    """Find the test images that an earlier test folder has in the same class: the tree is there twice.

    Copies within one test folder stay, as published.
    """
    seen: set[tuple[str, Hashable]] = set()
    repeated: set[int] = set()
    for branch in branches:
        if branch.split == "test":
            own = {
                position: (label, images.marks[position])
                for folder, label in branch.labels.items()
                for position in images.positions[folder]
            }
            repeated |= {position for position, image in own.items() if image in seen}
            seen.update(own.values())
    return repeated


def _layout(images: Images, others: Sequence[str]) -> str:
    """Describe a tree, as a phrase to follow "holds"."""
    endings = Counter(_ending(path) for path in others)
    kinds = ", ".join(f"{number} {ending}" for ending, number in endings.most_common(3))
    if not images.positions:
        return f"no image ({', '.join(sorted(IMAGE_ENDINGS))}){kinds and f', but {kinds}'}"
    lines = [f"{len(positions)} in {written(folder)}" for folder, positions in sorted(images.positions.items())]
    more = f" and {len(lines) - 4} more folders" * (len(lines) > 4)
    return f"images only here: {', '.join(lines[:4])}{more}{kinds and f' (and {kinds})'}"


def _reason(path: str) -> str:
    """Say why a file that is not an image is ignored."""
    if is_hidden(PurePosixPath(path)):
        return "hidden"
    return _ending(path)


def _ending(path: str) -> str:
    """Return a file's ending in lower case; numbers, as of scans (``slice.0001``), are one kind."""
    ending = PurePosixPath(path).suffix.lower()
    return "ending in a number" if ending[1:].isdecimal() else ending or "without an ending"


def _by_reason(reasons: Mapping[str, str]) -> dict[str, PassedOver]:
    counts = Counter(reasons.values())
    examples = {reason: path for path, reason in sorted(reasons.items(), reverse=True)}
    return {reason: PassedOver(number, examples[reason]) for reason, number in sorted(counts.items())}


def _by_class(places: Mapping[Folder, Place], images: Images, repeated: Collection[int]) -> dict[str, dict[str, int]]:
    folders: dict[str, dict[str, int]] = {label: {} for label in sorted(place.label for place in places.values())}
    for folder, place in sorted(places.items()):
        folders[place.label]["/".join(folder)] = sum(position not in repeated for position in images.positions[folder])
    return folders
