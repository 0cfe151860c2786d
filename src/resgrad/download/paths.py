"""Interpret a parameter such as ``data.<dataset>.source``: a keyword, an address or a path; cheap to import."""

import os
from collections.abc import Iterable
from pathlib import Path

KEYWORDS = ("embedded", "official")
"""Sources that are neither paths nor addresses."""


def is_address(text: str) -> bool:
    """Say whether a text is a web address, and not a path."""
    return "://" in text


def expanded(text: str) -> Path:
    """Return a text as a path; ``~`` is the home folder."""
    return Path(os.path.expanduser(text))  # noqa: PTH111  Path.expanduser fails for a user that does not exist


def local_paths(values: Iterable[object]) -> list[Path]:
    """List the parameter values that are paths on this machine."""
    texts = (value for value in values if isinstance(value, str) and value)
    return [expanded(text) for text in texts if text not in KEYWORDS and not is_address(text)]
