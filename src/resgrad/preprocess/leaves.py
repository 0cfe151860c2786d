"""Which photographs show the same leaf, as far as anybody knows.

PlantVillage photographed each leaf several times, in a row, so that photographs must be dealt to the splits in groups.
What a photograph belongs to is, in this order: the leaf that the published leaf map names; the leaf that its file name
names (``… GH_HL Leaf 259.1.JPG``); else a stretch of the camera roll, captures of one class and source that follow
each other. A stretch is no leaf, but little is torn apart where whole runs of stretches go to one split.
"""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from resgrad.common.errors import ResgradError
from resgrad.datasets.class_names import canonical

STRETCH = 8
"""Most captures in a stretch; the published leaves of pepper have 6 photographs (healthy: 9) on average."""
STRETCHES = 10
"""Least stretches in a roll, so that a short roll can be cut near the asked shares too."""

LEAF = re.compile(r"(?P<source>.*?)[\s_]Leaf (?P<leaf>\d{1,3})(\.\d+)?( Day \d+)?", re.IGNORECASE)
"""``GHLB_PS Leaf 28.3 Day 9``: leaf 28, its third photograph. Four digits (``GHLB2 Leaf 8756``): the camera's count."""

CAPTURES = (
    re.compile(r"(?P<source>.*?)\s\(?(?P<number>\d+)(\D.*)?"),
    re.compile(r"(?P<source>.*?)(?P<number>\d+)\D*"),
)
"""The first number after a space (``RS_HL 1864``, ``RS_HL 1864 copy``, ``image (33)``), else the last (``IMG_012``)."""

LeafMap = dict[tuple[str, str], str]
"""(canonical class, file name in lower case) -> leaf."""


class LeafMapError(ResgradError, ValueError):
    """A leaf map cannot be used."""


class Group(NamedTuple):
    """Photographs that must not be torn apart."""

    name: str
    """Unique within the dataset; begins with the class."""
    roll: str | None
    """For a stretch, the camera roll (source) that it is cut from; None for a leaf that is known."""
    number: int
    """Place of a stretch within its roll; 0 for a leaf."""


def read_map(path: Path, shown: str | None = None) -> LeafMap:
    """Read a leaf map, a JSON file ``{class: {leaf: [file name, ...]}}``; sentences call it ``shown``.

    Raises:
        LeafMapError: it is something else, or a file belongs to two leaves.
    """
    leaves: LeafMap = {}
    shown = shown or str(path)
    try:
        for label, files_of in json.loads(path.read_text(encoding="utf-8")).items():
            for leaf, names in files_of.items():
                for name in names:
                    if leaves.setdefault((canonical(label), name.casefold()), leaf) != leaf:
                        raise LeafMapError(f"{shown} lists {name!r} of {label} under two leaves; remove one.")
    except (ValueError, AttributeError, TypeError) as error:
        if isinstance(error, LeafMapError):
            raise
        raise LeafMapError(
            f"{shown} is no leaf map; it must be JSON like {{class: {{leaf: [file name, ...]}}}}."
        ) from None
    return leaves


def group(labels: Sequence[str], names: Sequence[str], leaf_map: LeafMap) -> list[Group]:
    """Say of each photograph which group it belongs to.

    Args:
        labels: class of each photograph, as published.
        names: its file name, ``<uuid>___<source code> <capture number>.JPG`` where it follows the usage.
        leaf_map: may be empty.
    """
    groups: dict[int, Group] = {}
    rolls: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for index, (label, name) in enumerate(zip(labels, names, strict=True)):
        stem = Path(name).stem.rsplit("___", 1)[-1]
        if leaf := leaf_map.get((canonical(label), name.casefold())):
            groups[index] = Group(f"{label}/leaf {leaf}", None, 0)
        elif named := LEAF.fullmatch(stem):
            groups[index] = Group(f"{label}/{named['source']} leaf {int(named['leaf'])}", None, 0)
        else:
            source, number = _capture(stem)
            rolls[label, source].append((number, index))
    for (label, source), captures in rolls.items():
        groups.update(_stretches(label, source, sorted(captures)))
    return [groups[index] for index in range(len(labels))]


def _capture(stem: str) -> tuple[str, int]:
    """Read source and capture number; a name without a number is a source of its own."""
    for pattern in CAPTURES:
        if capture := pattern.fullmatch(stem):
            return capture["source"], int(capture["number"])
    return stem, 0


def _stretches(label: str, source: str, captures: list[tuple[int, int]]) -> dict[int, Group]:
    """Cut one camera roll, (capture number, photograph) in order, into stretches; equal numbers stay together."""
    groups: dict[int, Group] = {}
    length = max(1, min(STRETCH, len(captures) // STRETCHES))
    stretch: list[tuple[int, int]] = []
    for position, (number, index) in enumerate(captures):
        stretch.append((number, index))
        following = captures[position + 1][0] if position + 1 < len(captures) else None
        if following is None or (len(stretch) >= length and following != number):
            shared = Group(f"{label}/{source} {stretch[0][0]}-{number}", f"{label}/{source}", stretch[0][0])
            groups.update((member, shared) for _, member in stretch)
            stretch = []
    return groups
