"""The names of classes: what a folder is called, from where paths differ, and which folders are the same one twice.

If folders of the same name lie below different folders, as ``apple/healthy`` and ``pear/healthy``, the path is the
class, unless the tree holds the same data twice, as Kaggle's archive of PlantVillage does.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable
from itertools import combinations
from typing import NamedTuple

from resgrad.datasets.class_names import canonical, join_spellings
from resgrad.datasets.folders import Folder, Images, common_start, split_of, written
from resgrad.datasets.listing import LayoutError


class _Copies(NamedTuple):
    """A folder of class folders, and its copies."""

    parent: Folder
    """The outermost of them."""
    folders: dict[str, list[Folder]]
    """The class folders in all of them, by the common form of their names."""


def class_labels(folders: Collection[Folder], images: Images, shown: str) -> dict[Folder, str]:
    """Name the class of each class folder.

    Args:
        folders: the class folders.
        images: what is in them.
        shown: name of the tree in messages.

    Raises:
        LayoutError: whether folders of the same names are the same classes is unclear.
    """
    paths: dict[Folder, Folder] = {}
    trees = _without_copies(folders, images)
    _ask_what_is_meant(trees, shown)
    for tree in trees:
        copies: dict[Folder, list[str]] = defaultdict(list)
        own = [folder for alike in tree.folders.values() for folder in alike]
        for folder in own:
            copies[folder[:-1]].append(folder[-1])
        joined = join_spellings(copies)
        paths |= {folder: (*tree.parent, joined[folder[-1]]) for folder in own}
    names = _names(set(paths.values()))
    return {folder: names[path] for folder, path in paths.items()}


def _without_copies(folders: Collection[Folder], images: Images) -> list[_Copies]:
    """Gather class folders by the folder above them, and that with its copies."""
    below: dict[Folder, dict[str, list[Folder]]] = defaultdict(lambda: defaultdict(list))
    for folder in sorted(folders):
        below[folder[:-1]][canonical(folder[-1])].append(folder)
    trees: list[_Copies] = []
    for parent in sorted(below, key=lambda parent: (len(parent), parent)):
        new = _Copies(parent, below[parent])
        copy = next((tree for tree in trees if _are_copies(tree, new, images)), None)
        if copy is None:
            trees.append(new)
            continue
        for name, alike in new.folders.items():
            copy.folders.setdefault(name, []).extend(alike)
    return trees


def _are_copies(tree: _Copies, new: _Copies, images: Images) -> bool:
    """Say whether the same data are there twice.

    They are if folders of the same names hold mostly the same images; edited, and therefore different, images count as
    the same if all names are the same, of the classes and of the folder above them or the files.
    """
    shared = tree.folders.keys() & new.folders.keys()
    if not shared:
        return False
    first, second = ([folder for name in shared for folder in side.folders[name]] for side in (tree, new))
    if _mostly_alike(images.marks_in(first), images.marks_in(second)):
        return True
    if len(second) < 2 or tree.folders.keys() != new.folders.keys() or len(tree.parent) == len(new.parent):
        return False
    if tree.parent and new.parent[-len(tree.parent) :] == tree.parent:
        return True
    return _mostly_alike(images.names_in(first), images.names_in(second))


def _mostly_alike(first: set[Hashable] | set[str], second: set[Hashable] | set[str]) -> bool:
    """Say whether at least half of the smaller set is in the other."""
    return 0 < min(len(first), len(second)) <= 2 * len(first & second)


def _ask_what_is_meant(trees: list[_Copies], shown: str) -> None:
    """Refuse folders that share all their names, and more than one: they could be classes or, say, cameras."""
    for first, second in combinations(trees, 2):
        names = sorted(folder[-1] for alike in first.folders.values() for folder in alike)
        if len(names) < 2 or first.folders.keys() != second.folders.keys() or all(map(split_of, names)):
            continue  # `cats/train` and `cats/test`, `dogs/train` and `dogs/test` are no classes at all
        parents = [first.parent, second.parent]
        above = [parent[:-1] if parent and split_of(parent[-1]) else parent for parent in parents]
        both = parents if above[0] == above[1] else above
        ways = ["give only one of the two as the source"]
        if both == parents:
            ways += ["name the two train and test"]
            ways += [f"give different classes different names, such as {second.parent[-1]}_{names[0]}"]
        raise LayoutError(
            f"{shown} holds folders of the same names below {' and '.join(map(written, both))}, with different images "
            f"({', '.join(names[:3])}): {', or '.join(ways)}."
        )


def _names(folders: Collection[Folder]) -> dict[Folder, str]:
    """Name folders by their last part, or by their paths from where they differ if two would have the same name."""
    last = Counter(canonical(folder[-1]) for folder in folders)
    if len(last) == len(folders):
        return {folder: folder[-1] for folder in folders}
    start = len(common_start([folder[:-1] for folder in folders]))
    # `cats/images`, `dogs/images`: a common end says nothing.
    end = len(common_start([folder[:start:-1] for folder in folders]))
    return {folder: "/".join(folder[start : len(folder) - end]) for folder in folders}
