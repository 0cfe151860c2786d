"""The images of a tree, by the folder that they lie in."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple, Self

from resgrad.datasets.printing import printable

Folder = tuple[str, ...]
"""The names of a folder and of those above it, outermost first; () is the tree itself."""

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


class Images(NamedTuple):
    """The images of a tree."""

    paths: Sequence[str]
    """With slashes."""
    marks: Sequence[Hashable]
    """One per image; equal for equal images, and hardly ever for different ones."""
    positions: Mapping[Folder, Sequence[int]]
    """Those of the images in each folder that holds any."""

    @classmethod
    def of(cls, paths: Sequence[str], marks: Sequence[Hashable]) -> Self:
        """Sort images by folder."""
        positions: dict[Folder, list[int]] = defaultdict(list)
        for position, path in enumerate(paths):
            positions[folder_of(path)].append(position)
        return cls(paths, marks, dict(positions))

    def marks_in(self, folders: Collection[Folder]) -> set[Hashable]:
        """Return the marks of the images in some folders."""
        return {self.marks[position] for folder in folders for position in self.positions[folder]}

    def names_in(self, folders: Collection[Folder]) -> set[str]:
        """Return the names of the files in some folders, except mere numbers, which say nothing."""
        names = {PurePosixPath(self.paths[position]) for folder in folders for position in self.positions[folder]}
        return {name.name for name in names if not name.stem.isdecimal()}


def split_of(name: str) -> str | None:
    """Return the split that a folder of this name holds; None if it is no name of a split."""
    return SPLIT_FOLDERS.get(name.casefold())


def folder_of(path: str) -> Folder:
    """Return the folder that a file lies in, each accented letter as one character."""
    return tuple(unicodedata.normalize("NFC", part) for part in path.split("/")[:-1])


def written(folder: Folder) -> str:
    """Write a folder for messages."""
    return printable(f"{'/'.join(folder) or '.'}/")


def enumerated(folders: Collection[Folder]) -> str:
    """Write the first few of some folders for messages."""
    first = ", ".join(written(folder) for folder in sorted(folders)[:3])
    return first + (f" and {len(folders) - 3} more" * (len(folders) > 3))


def common_start(folders: Collection[Folder]) -> Folder:
    """Return the longest path with which all of some folders begin."""
    shortest, longest = min(folders), max(folders)
    length = next((place for place, part in enumerate(shortest) if part != longest[place]), len(shortest))
    return shortest[:length]


def innermost(folders: Collection[Folder]) -> set[Folder]:
    """Return the folders within which there are no others."""
    above = {folder[:depth] for folder in folders for depth in range(len(folder))}
    return {folder for folder in folders if folder not in above}
