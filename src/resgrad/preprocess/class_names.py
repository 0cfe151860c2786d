"""One class, several spellings: ``Pepper,_bell___healthy`` and ``Pepper__bell___healthy`` are the same."""

from collections.abc import Iterable


def canonical(name: str) -> str:
    """Return what all spellings of a class name have in common: its letters and digits, in lower case."""
    return "".join(filter(str.isalnum, name.casefold())) or name


def preferred_spellings(names: Iterable[str]) -> dict[str, str]:
    """Map the canonical form of each name to the spelling to publish, the first in sorted order; in sorted order."""
    spellings: dict[str, str] = {}
    for name in sorted(set(names)):
        spellings.setdefault(canonical(name), name)
    return spellings
