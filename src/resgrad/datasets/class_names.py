"""One class, several spellings: ``Pepper,_bell___healthy`` and ``Pepper__bell___healthy`` are the same."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

Tree = TypeVar("Tree")

_BETWEEN_NUMBERS = re.compile(r"(?<=\d)[\s_,-]+(?=\d)")
_BETWEEN_WORDS = re.compile(r"(?<=[^\s_,-])[\s_,-]+(?=[^\s_,-])|^[\s_]+|[\s_]+$")


def canonical(name: str) -> str:
    """Return the common form of all spellings of a class name: without case, and without what stands between words.

    Everything else counts: ``C#`` is not ``C++``, ``1-1`` is not ``11``, and ``A-`` is not ``A``.
    """
    lower = unicodedata.normalize("NFC", name.lower())
    return _BETWEEN_WORDS.sub("", _BETWEEN_NUMBERS.sub(":", lower)) or name


def join_spellings(names_of: Mapping[Tree, Iterable[str]]) -> dict[str, str]:
    """Map every spelling of every class to the published one, the first in sorted order.

    Spellings are joined across trees only: names in the same tree are different classes, however similar they look, and
    are then not joined anywhere.

    Args:
        names_of: the class names of each tree, that is, of each folder of class folders.
    """
    alike = {key for names in names_of.values() for key, times in _times(names).items() if times > 1}
    spellings: dict[str, str] = {}
    joined = {}
    for name in sorted({name for names in names_of.values() for name in names}):
        joined[name] = name if _letters(name) in alike else spellings.setdefault(canonical(name), name)
    return joined


def _times(names: Iterable[str]) -> Counter[str]:
    return Counter(_letters(name) for name in set(names))


def _letters(name: str) -> str:
    """Return the letters and digits of a name; names that share them look alike, but may differ."""
    return "".join(filter(str.isalnum, name.casefold())) or name
