"""What a parameter such as ``data.<dataset>.source`` means: a word, an address or a path; cheap to import."""

import os
from collections.abc import Iterable
from pathlib import Path

KEYWORDS = ("embedded", "official")
"""Sources that are neither path nor address."""


def is_address(text: str) -> bool:
    """Tell whether a text is the address of something on the web, and not a path."""
    return "://" in text


def expanded(text: str) -> Path:
    """Return the path that a text gives; ``~`` is the home folder."""
    return Path(os.path.expanduser(text))  # noqa: PTH111  Path.expanduser fails for a user that does not exist


def local_paths(values: Iterable[object]) -> list[Path]:
    """List those values of parameters that are paths on this machine."""
    texts = (value for value in values if isinstance(value, str) and value)
    return [expanded(text) for text in texts if text not in KEYWORDS and not is_address(text)]
