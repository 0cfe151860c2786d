"""Camera rolls: the place of a photograph in one, as its file name tells it, and stretches cut from one."""

import re
from collections.abc import Iterator

STRETCH = 8
"""Most captures in a stretch; the published leaves of pepper have 6 photographs (healthy: 9) on average."""
STRETCHES = 10
"""Least stretches in a roll, so that a short roll can be cut near the asked shares too."""

CAPTURES = (
    re.compile(r"(?P<source>.*?)\s\(?(?P<number>\d+)(\D.*)?"),
    re.compile(r"(?P<source>.*?)(?P<number>\d+)\D*"),
)
"""The first number after a space (``RS_HL 1864``, ``RS_HL 1864 copy``, ``image (33)``), else the last (``IMG_012``)."""


def capture(stem: str) -> tuple[str, int]:
    """Read source and capture number; a name without a number is a source of its own."""
    for pattern in CAPTURES:
        if found := pattern.fullmatch(stem):
            return found["source"], int(found["number"])
    return stem, 0


def stretches(captures: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Cut one camera roll, (capture number, photograph) in order, into stretches; equal numbers stay together."""
    length = max(1, min(STRETCH, len(captures) // STRETCHES))
    stretch: list[tuple[int, int]] = []
    for position, (number, index) in enumerate(captures):
        stretch.append((number, index))
        following = captures[position + 1][0] if position + 1 < len(captures) else None
        if following is None or (len(stretch) >= length and following != number):
            yield stretch
            stretch = []
