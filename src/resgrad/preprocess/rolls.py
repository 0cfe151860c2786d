"""Camera rolls: the position of a photograph in a roll, from its file name, and the stretches of a roll."""

import re
from collections.abc import Iterator

STRETCH = 8
"""Maximum captures in a stretch; the published leaves of pepper have 6 photographs (healthy: 9) on average."""
STRETCHES = 10
"""Minimum number of stretches in a roll, so that even a short roll can be cut close to the requested shares."""

CAPTURES = (
    re.compile(r"(?P<source>.*?)\s\(?(?P<number>\d+)(\D.*)?"),
    re.compile(r"(?P<source>.*?)(?P<number>\d+)\D*"),
)
"""The first number after a space (``RS_HL 1864``, ``RS_HL 1864 copy``, ``image (33)``), else the last (``IMG_012``)."""


def capture(stem: str) -> tuple[str, int]:
    """Read the source and the capture number; a name without a number is a source of its own."""
    for pattern in CAPTURES:
        if found := pattern.fullmatch(stem):
            return found["source"], int(found["number"])
    return stem, 0


def stretches(captures: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Cut one camera roll, sorted (capture number, photograph) pairs, into stretches; equal numbers stay together."""
    length = max(1, min(STRETCH, len(captures) // STRETCHES))
    stretch: list[tuple[int, int]] = []
    for position, (number, index) in enumerate(captures):
        stretch.append((number, index))
        following = captures[position + 1][0] if position + 1 < len(captures) else None
        if following is None or (len(stretch) >= length and following != number):
            yield stretch
            stretch = []
