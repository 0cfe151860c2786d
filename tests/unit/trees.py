"""Trees of class folders, without files."""

import pytest

from resgrad.datasets.class_folders import Tree, read_tree
from resgrad.datasets.listing import LayoutError


def tree(
    *folders: str, images: int = 3, same: bool = False, others: tuple[str, ...] = (), empty: tuple[str, ...] = ()
) -> Tree:
    """Read a tree with some images in each folder: different ones, or the same in all."""
    paths = sorted(f"{folder}/{number}.jpg" for folder in folders for number in range(images))
    marks = [path.rpartition("/")[2] if same else path for path in paths]
    return read_tree(paths, marks, others, empty, "mine")


def classes(found: Tree) -> list[str]:
    return list(found.folders)


def refusal(*folders: str, **more) -> str:
    with pytest.raises(LayoutError) as caught:
        tree(*folders, **more)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("mine holds ")
    return str(caught.value)
