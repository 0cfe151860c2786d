"""Camera rolls: the position of a photograph in a roll, from its file name, and the stretches of a roll."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

STRETCH = 8
"""Maximum captures in a stretch; the published leaves of pepper have 6 photographs (healthy: 9) on average."""
STRETCHES = 10
"""Minimum number of stretches in a roll, so that even a short roll can be cut close to the requested shares."""

FIRST = re.compile(r"(?P<source>.*?)\s\(?(?P<number>\d+)(\D.*)?")
"""A camera's name, and the first number after a space: ``RS_HL 1864``, ``RS_HL 1864 copy``, ``image (33)``."""
LAST = re.compile(r"(?P<source>.*?)(?P<number>\d+)\D*")
"""The last number: ``IMG_012``."""
MOST_ALIKE = 4
"""Few numbers that more photographs have, on average, count no captures: they are years, or numbers of batches."""


def camera_rolls(names: Mapping[int, tuple[str, str]]) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Sort photographs by camera roll: by class and source.

    The capture number is FIRST, unless it has few values and many photographs of each (``WhatsApp Image 2021-05-03 at
    10.00.17``), else LAST. Of many values each may be a subject, of which there are many pictures.

    Args:
        names: class and name without suffix of each photograph, by its position; edited copies have that of their
            original.

    Returns:
        (capture number, position) of each photograph, sorted, by (class, source).
    """
    rolls: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for position, (label, name) in names.items():
        source, number = _capture(name, FIRST, LAST)
        rolls[label, source].append((number, position))
    for place, roll in list(rolls.items()):
        shots = {names[position] for _, position in roll}
        numbers = {number for number, _ in roll}
        if len(numbers) < STRETCHES and len(shots) > MOST_ALIKE * len(numbers):
            del rolls[place]
            for _, position in roll:
                label, name = names[position]
                source, number = _capture(name, LAST)
                rolls[label, source].append((number, position))
    return {place: sorted(roll) for place, roll in rolls.items()}


def _capture(stem: str, *patterns: re.Pattern[str]) -> tuple[str, int]:
    """Read the source and the capture number by the first pattern that fits; else a name is a source of its own."""
    for pattern in patterns:
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
