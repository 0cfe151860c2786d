"""The class and the split of each image in a tree of folders.

The class of an image is the folder it lies in. If sibling folders contain folders of the same names with different
images, as in ``apple/healthy`` and ``pear/healthy``, the whole path is the class. A tree that occurs twice, as in
Kaggle's archive of PlantVillage, counts once. Folders ``train``, ``val`` and ``test`` above the class folders are the
tree's own splits.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from PIL import Image

from resgrad.datasets.archives import IMAGE_ENDINGS, is_hidden
from resgrad.datasets.class_names import canonical, join_spellings
from resgrad.datasets.listing import LayoutError, PassedOver

SPLIT_FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "train": "train",
        "training": "train",
        "val": "validation",
        "valid": "validation",
        "validation": "validation",
        "test": "test",
        "testing": "test",
    }
)
"""Names of split folders, in lower case, and the split that each holds."""

EXPECTED = (
    "format folder wants one folder of images per class, such as cats/1.jpg and dogs/1.jpg, or train/ and test/ "
    "(and val/) with such folders in each"
)

UNREADABLE_IMAGES = frozenset({".heic", ".heif", ".avif", ".jxl", ".svg", ".raw", ".dng", ".cr2", ".nef", ".arw"})
"""Suffixes of pictures that nothing here can read, in addition to those that Pillow knows."""

Folder = tuple[str, ...]


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
    images: Sequence[str], marks: Sequence[Hashable], others: Sequence[str], empty: Sequence[str], shown: str
) -> Tree:
    """Find the class and split of every image.

    Args:
        images: their paths, with slashes.
        marks: one per image; equal for equal images, and hardly ever for different ones.
        others: paths of the files that are not images.
        empty: paths of folders without any file.
        shown: name of the tree in messages.

    Raises:
        LayoutError: there are fewer than two classes, a class with no image left, or an ambiguous layout.
    """
    lies_in = [_folder_of(path) for path in images]
    found = Counter(lies_in)
    splits = _split_folders(found, shown)
    if splits:
        stray = {folder for folder in found if _split_folder(folder, splits) in {None, folder}}
        labels = _labels_below(splits, found.keys() - stray)
    else:
        stray = _stray(found, shown)
        labels = _labels(_marks_by_folder(lies_in, marks, stray), shown)
    _check_nothing_vanished(labels, others, empty, shown)
    if len(set(labels.values())) < 2 or {folder[-1].casefold() for folder in labels} <= SPLIT_FOLDERS.keys():
        raise LayoutError(f"{shown} holds {_layout(found, others)}; {EXPECTED}.")
    reasons = {path: _reason(path) for path in others}
    where = "in no class folder of a split" if splits else "in no class folder"
    reasons |= {path: where for folder, path in zip(lies_in, images, strict=True) if folder in stray}
    split_of = {folder: splits.get(_split_folder(folder, splits) or ()) for folder in labels}
    return Tree(
        [Place(labels[folder], split_of[folder]) if folder in labels else None for folder in lies_in],
        _by_reason(reasons),
        _by_class(labels, found),
    )


def _folder_of(path: str) -> Folder:
    """Return the names of the folders that a file lies in, outermost first, each accented letter as one character."""
    return tuple(unicodedata.normalize("NFC", part) for part in path.split("/")[:-1])


def _split_folders(found: Iterable[Folder], shown: str) -> dict[Folder, str]:
    """Map split folders to the names of their splits: a ``train`` with class folders in it, and its siblings."""
    above = {
        folder[:depth] for folder in found for depth in range(len(folder)) if _split_name(folder, depth) == "train"
    }
    splits: dict[Folder, str] = {}
    for folder in sorted(found):
        for depth in range(len(folder) - 1):
            if folder[:depth] in above and (name := _split_name(folder, depth)):
                splits.setdefault(folder[: depth + 1], name)
    times = Counter((folder[:-1], name) for folder, name in splits.items())
    for (parent, name), number in times.items():
        if number > 1:
            twins = [f"{'/'.join(folder)}/" for folder, own in splits.items() if (folder[:-1], own) == (parent, name)]
            raise LayoutError(f"{shown} holds {' and '.join(twins)}, each of them for {name}; keep one of them.")
    return splits


def _split_name(folder: Folder, depth: int) -> str | None:
    """Return the split that a part of a folder's path holds, by its name and because it contains class folders."""
    return SPLIT_FOLDERS.get(folder[depth].casefold()) if len(folder) > depth + 1 else None


def _split_folder(folder: Folder, splits: Mapping[Folder, str]) -> Folder | None:
    """Return the outermost split folder at or above ``folder``."""
    return next((folder[:depth] for depth in range(1, len(folder) + 1) if folder[:depth] in splits), None)


def _labels_below(splits: Mapping[Folder, str], folders: Collection[Folder]) -> dict[Folder, str]:
    """Name the classes of a tree with splits: the same folder below ``train`` and ``test`` is the same class."""
    tree_of = {folder: _split_folder(folder, splits) or () for folder in folders}
    below = {folder: folder[len(tree) :] for folder, tree in tree_of.items()}
    names = _names(set(below.values()))
    of_tree: dict[Folder, list[str]] = defaultdict(list)
    for folder, tree in tree_of.items():
        of_tree[tree].append(names[below[folder]])
    joined = join_spellings(of_tree)
    return {folder: joined[names[path]] for folder, path in below.items()}


def _labels(marks: Mapping[Folder, set[Hashable]], shown: str) -> dict[Folder, str]:
    """Name the classes of a tree without splits.

    Args:
        marks: the marks of the images of each class folder.
        shown: name of the tree in messages.
    """
    if _are_classes_of_their_own(marks, shown):
        return _names(marks.keys())
    of_parent: dict[Folder, list[str]] = defaultdict(list)
    for folder in marks:
        of_parent[folder[:-1]].append(folder[-1])
    joined = join_spellings(of_parent)
    return {folder: joined[folder[-1]] for folder in marks}


def _are_classes_of_their_own(marks: Mapping[Folder, set[Hashable]], shown: str) -> bool:
    """Say whether folders of the same name below sibling folders are different classes.

    They are, unless they hold the same images. If the siblings share all names, and more than one, they could be
    classes or, say, cameras: then the user must decide.
    """
    of_parent: dict[Folder, dict[str, set[Hashable]]] = defaultdict(dict)
    for folder, own in marks.items():
        of_parent[folder[:-1]].setdefault(canonical(folder[-1]), set()).update(own)
    own_classes = False
    for (first, names), (second, others) in combinations(sorted(of_parent.items()), 2):
        shared = names.keys() & others.keys()
        if first[:-1] != second[:-1] or not first or not shared or _same_images(names, others, shared):
            continue
        if len(shared) > 1 and names.keys() == others.keys():
            raise LayoutError(
                f"{shown} holds folders of the same names below {'/'.join(first)}/ and {'/'.join(second)}/, with "
                f"different images ({', '.join(sorted(folder[-1] for folder in marks if folder[:-1] == first)[:3])}): "
                "give the path of one of the two, or name them train and test if that is what they are."
            )
        own_classes = True
    return own_classes


def _same_images(names: Mapping[str, set[Hashable]], others: Mapping[str, set[Hashable]], shared: set[str]) -> bool:
    """Say whether folders of shared names have the same images: at least half of those on the smaller side."""
    first = set().union(*(names[name] for name in shared))
    second = set().union(*(others[name] for name in shared))
    return 2 * len(first & second) >= min(len(first), len(second))


def _names(folders: Collection[Folder]) -> dict[Folder, str]:
    """Name folders by their last part, or by their paths from where they differ if two would have the same name."""
    last = Counter(canonical(folder[-1]) for folder in folders)
    if len(last) == len(folders):
        return {folder: folder[-1] for folder in folders}
    start = len(_common_prefix([folder[:-1] for folder in folders]))
    # `cats/images`, `dogs/images`: a common end says nothing.
    end = len(_common_prefix([folder[:start:-1] for folder in folders]))
    return {folder: "/".join(folder[start : len(folder) - end]) for folder in folders}


def _common_prefix(folders: Sequence[Folder]) -> Folder:
    shortest, longest = min(folders), max(folders)
    length = next((place for place, part in enumerate(shortest) if part != longest[place]), len(shortest))
    return shortest[:length]


def _stray(found: Iterable[Folder], shown: str) -> set[Folder]:
    """Find folders whose images lie above all class folders and so belong to no class.

    Raises:
        LayoutError: a folder holds both images and folders of images, beside other classes.
    """
    above = {(), *(folder[:depth] for folder in found for depth in range(len(folder)))}
    innermost = [folder for folder in found if folder not in above]
    common = _common_prefix([folder[:-1] for folder in innermost] or [()])
    stray = {folder for folder in found if folder in above}
    for folder in stray:
        if common[: len(folder)] != folder:
            inner = next(other for other in innermost if other[: len(folder)] == folder)
            raise LayoutError(
                f"{shown} holds images in {'/'.join(folder)}/ and in {'/'.join(inner)}/ within it, so that it is "
                "unclear which of them is a class; move the inner images or the outer ones."
            )
    return stray


def _marks_by_folder(
    lies_in: Sequence[Folder], marks: Sequence[Hashable], stray: set[Folder]
) -> dict[Folder, set[Hashable]]:
    by_folder: dict[Folder, set[Hashable]] = defaultdict(set)
    for folder, mark in zip(lies_in, marks, strict=True):
        if folder not in stray:
            by_folder[folder].add(mark)
    return dict(by_folder)


def _check_nothing_vanished(
    classes: Collection[Folder], others: Iterable[str], empty: Iterable[str], shown: str
) -> None:
    """Refuse a folder beside class folders that should be a class but has no usable image."""
    parents = {folder[:-1] for folder in classes}
    within = {folder[:depth] for folder in classes for depth in range(1, len(folder) + 1)}
    left: dict[Folder, list[str]] = defaultdict(list)
    for path in others:
        if not is_hidden(PurePosixPath(path)):
            left[_folder_of(path)].append(path)
    for folder, files in sorted(left.items()):
        endings = Counter(PurePosixPath(path).suffix.lower() for path in files)
        if folder[:-1] in parents and folder not in within and any(map(_is_picture, endings)):
            kinds = ", ".join(f"{number} {ending or 'without an ending'}" for ending, number in endings.most_common(3))
            raise LayoutError(
                f"{shown} holds no image that can be read in {'/'.join(folder)}/ ({kinds}); convert its files to "
                "JPEG or PNG, or remove the folder."
            )
    for path in sorted(empty):
        folder = _folder_of(f"{path.rstrip('/')}/")
        if folder and folder[:-1] in parents and not is_hidden(PurePosixPath(path)):
            raise LayoutError(f"{shown} holds {path.rstrip('/')}/, which is empty; put images into it, or remove it.")


def _is_picture(ending: str) -> bool:
    return ending in UNREADABLE_IMAGES or ending in Image.registered_extensions()


def _layout(found: Mapping[Folder, int], others: Sequence[str]) -> str:
    """Describe a tree, as a phrase to follow "holds"."""
    if not found:
        endings = Counter(PurePosixPath(path).suffix.lower() or "no ending" for path in others)
        kinds = ", ".join(f"{number} {ending}" for ending, number in endings.most_common(3))
        return f"no image ({', '.join(sorted(IMAGE_ENDINGS))}){kinds and f', but {kinds}'}"
    lines = [f"{number} in {'/'.join(folder) or '.'}/" for folder, number in sorted(found.items())]
    return "images only here: " + ", ".join(lines[:4]) + (f" and {len(lines) - 4} more folders" * (len(lines) > 4))


def _reason(path: str) -> str:
    """Say why a file that is not an image is ignored."""
    if is_hidden(PurePosixPath(path)):
        return "hidden"
    return PurePosixPath(path).suffix.lower() or "without an ending"


def _by_reason(reasons: Mapping[str, str]) -> dict[str, PassedOver]:
    counts = Counter(reasons.values())
    examples = {reason: path for path, reason in sorted(reasons.items(), reverse=True)}
    return {reason: PassedOver(number, examples[reason]) for reason, number in sorted(counts.items())}


def _by_class(labels: Mapping[Folder, str], found: Mapping[Folder, int]) -> dict[str, dict[str, int]]:
    folders: dict[str, dict[str, int]] = {label: {} for label in sorted(labels.values())}
    for folder, label in sorted(labels.items()):
        folders[label]["/".join(folder)] = found[folder]
    return folders
