"""Where a tree holds classes: below its own ``train``, ``val`` and ``test``, or all of it.

What is a class is decided in ``train``. A folder of ``val`` or ``test`` is the class whose path below ``train`` it has,
apart from folders around all classes, as in ``test/test/cats``. A ``test`` without any class of ``train`` has no class
folders: it is a heap of images, as in the New Plant Diseases set and in Tiny ImageNet.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from resgrad.datasets.class_labels import class_labels
from resgrad.datasets.class_names import canonical, join_spellings
from resgrad.datasets.folders import Folder, Images, common_start, enumerated, innermost, split_of, written
from resgrad.datasets.listing import LayoutError


class Branch(NamedTuple):
    """A part of a tree that holds classes."""

    top: Folder
    """A split folder, or the tree itself."""
    split: str | None
    """train, validation or test; None if the tree brings no splits."""
    start: Folder
    """The folder, at or below the top, within which all classes are."""
    labels: dict[Folder, str]
    """The class of each class folder."""


def branches_of(images: Images, shown: str) -> list[Branch]:
    """Find the class folders of a tree.

    Raises:
        LayoutError: two folders are for one split, or what is a class is unclear.
    """
    splits = _split_folders(images.positions, shown)
    if not splits:
        return [_branch((), None, class_labels(_class_folders(images.positions, shown), images, shown))]
    below = {top: [folder for folder in images.positions if folder[: len(top)] == top] for top in splits}
    classes = {top: _class_folders(below[top], shown) for top, split in splits.items() if split == "train"}
    labels = class_labels(set().union(*classes.values()), images, shown)
    trains = {
        top[:-1]: _branch(top, "train", {folder: labels[folder] for folder in own}) for top, own in classes.items()
    }
    branches = list(trains.values())
    for top, split in splits.items():
        if split != "train" and (own := _labels_as_in_train(top, below[top], trains[top[:-1]])):
            _class_folders(below[top], shown)  # only now: a heap may lie as it likes
            branches.append(_branch(top, split, own))
    return branches


def check_splits(branches: Sequence[Branch], shown: str) -> None:
    """Check that the splits that a tree brings hold the same classes.

    Raises:
        LayoutError: they do not.
    """
    trains = {branch.top[:-1]: branch for branch in branches if branch.split == "train"}
    for branch in branches:
        train = trains.get(branch.top[:-1], branch)
        place, own = written(train.top), written(branch.top)
        if only_here := _without(branch.labels, train.labels):
            raise LayoutError(
                f"{shown} holds {enumerated(only_here)}, but no such class in {place}; every class must be there, so "
                f"put images of it into {place}, or remove it from {own}."
            )
        if missing := _without(train.labels, branch.labels):
            raise LayoutError(
                f"{shown} holds {enumerated(missing)}, but no such class in {own}; a split that a tree brings must "
                f"hold every class, so put images of it into {own}, or remove {own}, so that it is cut from {place}."
            )


def _without(labels: Mapping[Folder, str], others: Mapping[Folder, str]) -> list[Folder]:
    return [folder for folder, label in labels.items() if label not in others.values()]


def _branch(top: Folder, split: str | None, labels: dict[Folder, str]) -> Branch:
    return Branch(top, split, common_start([folder[:-1] for folder in labels] or [top]), labels)


def _split_folders(found: Iterable[Folder], shown: str) -> dict[Folder, str]:
    """Map split folders to the names of their splits: a ``train`` with folders in it, and its siblings."""
    above = {
        folder[:depth] for folder in found for depth in range(len(folder) - 1) if split_of(folder[depth]) == "train"
    }
    splits: dict[Folder, str] = {}
    for folder in sorted(found):
        for depth in range(len(folder) - 1):
            if folder[:depth] in above and (name := split_of(folder[depth])):
                splits[folder[: depth + 1]] = name
                break
    times = Counter((folder[:-1], name) for folder, name in splits.items())
    for (parent, name), number in times.items():
        if number > 1:
            twins = [written(folder) for folder, own in splits.items() if (folder[:-1], own) == (parent, name)]
            raise LayoutError(f"{shown} holds {' and '.join(twins)}, each of them for {name}; keep one of them.")
    return splits


def _class_folders(folders: Collection[Folder], shown: str) -> set[Folder]:
    """Return the innermost folders; images above all of them belong to no class.

    Raises:
        LayoutError: a folder holds both images and folders of images, beside other classes.
    """
    classes = innermost(folders) - {()}
    shared = common_start([folder[:-1] for folder in classes]) if classes else ()
    for outer in sorted(set(folders) - classes):
        if shared[: len(outer)] != outer:
            inner = min(folder for folder in classes if folder[: len(outer)] == outer)
            raise LayoutError(
                f"{shown} holds images in {written(outer)} and in {written(inner)} within it, so that it is unclear "
                "which of them is a class; move the inner images or the outer ones."
            )
    return classes


def _labels_as_in_train(top: Folder, folders: Sequence[Folder], train: Branch) -> dict[Folder, str]:
    """Name the class folders of another split as those of ``train``; empty if none of them is a class of ``train``."""
    label_of = {"/".join(folder[len(train.start) :]): label for folder, label in train.labels.items()}
    known = set(map(canonical, label_of))
    classes = innermost(folders)
    around = range(len(top), len(common_start([folder[:-1] for folder in classes])) + 1)
    names = [{folder: "/".join(folder[depth:]) for folder in classes} for depth in around]
    numbers = [sum(canonical(name) in known for name in own.values()) for own in names]
    if not max(numbers):
        return {}
    own = names[numbers.index(max(numbers))]
    joined = join_spellings({"train": label_of, "own": own.values()})
    label_as = {joined[name]: label for name, label in label_of.items()}
    return {folder: label_as.get(joined[name], name) for folder, name in sorted(own.items())}
