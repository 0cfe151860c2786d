"""One class, several spellings: ``Pepper,_bell___healthy`` and ``Pepper__bell___healthy`` are the same."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

Tree = TypeVar("Tree")


def canonical(name: str) -> str:
    """Return the common form of all spellings of a class name: its letters and digits, in lower case."""
    return "".join(filter(str.isalnum, name.casefold())) or name


def join_spellings(names_of: Mapping[Tree, Iterable[str]]) -> dict[str, str]:
    """Map every spelling of every class to the published one, the first in sorted order.

    Spellings are joined across trees only: names in the same tree are different classes, however similar they look, and
    are then not joined anywhere.

    Args:
        names_of: the class names of each tree, that is, of each folder of class folders.
    """
    alike = Counter(key for names in names_of.values() for key, times in _times(names).items() if times > 1)
    spellings: dict[str, str] = {}
    joined = {}
    for name in sorted({name for names in names_of.values() for name in names}):
        key = canonical(name)
        joined[name] = name if key in alike else spellings.setdefault(key, name)
    return joined


def _times(names: Iterable[str]) -> Counter[str]:
    return Counter(canonical(name) for name in set(names))
