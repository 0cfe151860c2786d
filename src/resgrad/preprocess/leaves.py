"""Which photographs show the same leaf, as far as this is known.

PlantVillage photographed each leaf several times in a row, so photographs must be assigned to splits in groups. The
group of a photograph is, in this order: the leaf named by the leaf map; the leaf named by its file name
(``… GH_HL Leaf 259.1.JPG``); else a stretch of the camera roll, consecutive captures of one class and source. A stretch
is not a leaf, but few leaves are divided if whole runs of stretches go to one split. An edited copy belongs to the
group of its original.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import StringConstraints, TypeAdapter, ValidationError

from resgrad.datasets.class_names import canonical
from resgrad.datasets.errors import DataError
from resgrad.preprocess.names import captures, originals, without_id
from resgrad.preprocess.rolls import camera_rolls, stretches

LEAF = re.compile(r"(?P<source>.*?)[\s_]Leaf (?P<leaf>\d{1,3})(\.\d+)?( Day \d+)?", re.IGNORECASE)
"""``GHLB_PS Leaf 28.3 Day 9``: leaf 28, its third photograph. Four digits (``GHLB2 Leaf 8756``): the camera's count."""

_BY_CLASS = TypeAdapter(dict[str, dict[Annotated[str, StringConstraints(min_length=1)], list[str]]])
_BY_CAPTURE = TypeAdapter(dict[str, list[Annotated[str, StringConstraints(pattern=".:::.")]]])
_FORMS = (
    'it must be JSON like {"class": {"leaf": ["file name", ...]}}, or like the map that PlantVillage publishes: '
    '{"rs_hl 9816": ["Tomato___healthy:::207.0"], ...}.'
)


class LeafMapError(DataError):
    """A leaf map cannot be used."""


@dataclass(frozen=True)
class LeafMap:
    """Which leaf each photograph shows, according to a file."""

    shown: str
    """Its name in messages."""
    example: str
    """One of its entries, for messages."""
    leaves: dict[str, dict[str, set[str]]]
    """The map's name of a class -> name of a photograph in lower case -> leaf; several if that name is ambiguous."""

    def find(self, spellings: Collection[str], name: str) -> str | None:
        """Return the leaf of a photograph by its file name, else by its original's, else by their captures.

        Args:
            spellings: the map's names of its class.
            name: its file name.
        """
        for form in _names_of(name):
            found = {leaf for spelling in spellings for leaf in self.leaves[spelling].get(form, ())}
            if len(found) == 1:
                return found.pop()
        return None

    def spellings(self, labels: Collection[str]) -> dict[str, list[str]]:
        """Return the map's names of each class of images: its own, and those whose letters and digits are its alone."""
        alike: dict[str, set[str]] = defaultdict(set)
        for label in labels:
            alike[canonical(_composed(label))].add(_composed(label))
        owners = {name: {name} & alike[canonical(name)] or alike[canonical(name)] for name in self.leaves}
        return {label: [name for name, own in owners.items() if own == {_composed(label)}] for label in labels}

    def leaves_of(self, labels: Sequence[str], names: Sequence[str]) -> list[str | None]:
        """Return the leaf of each photograph, None if it is not known.

        Raises:
            LeafMapError: no leaf is known.
        """
        spellings = self.spellings(set(labels))
        found = [self.find(spellings[label], name) for label, name in zip(labels, names, strict=True)]
        if not any(found):
            raise LeafMapError(
                f"{self.shown} names none of the {len(names):,} images: it has {self.example}, for example, and the "
                f"images are like {names[0]!r} of {labels[0]}; a leaf map must be of these images, and none (null) "
                "will do."
            )
        return found


class Group(NamedTuple):
    """Photographs that must stay in one split."""

    name: str
    """Unique within the dataset; begins with the class."""
    roll: str | None
    """The camera roll (source) that a stretch is cut from; None for a known leaf."""
    number: int
    """Position of a stretch within its roll; 0 for a leaf."""


class Capture(NamedTuple):
    """What the name of a photograph says of the capture that it shows."""

    label: str
    original: str
    """Name of the capture; the same for its edited copies."""
    name: str
    """The photograph's own name."""


def read_map(path: Path, shown: str | None = None) -> LeafMap:
    """Read a leaf map, a JSON file in any Unicode encoding; messages call it ``shown``, or by its path.

    It is ``{class: {leaf: [file name, ...]}}``, or ``{source and capture number: [class:::leaf, ...]}`` in lower case,
    as published by PlantVillage (leaf_grouping/leaf-map.json of github.com/spMohanty/PlantVillage-Dataset).

    Raises:
        LeafMapError: it has another form, is empty, has a key twice, or assigns a file to two leaves.
        OSError: it cannot be read.
    """
    shown = shown or str(path)
    if path.is_dir():
        raise LeafMapError(f"{shown} is a folder and no leaf map; {_FORMS}")
    leaves: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    example = ""
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=partial(_unrepeated, shown))
        is_by_capture = isinstance(content, dict) and any(isinstance(value, list) for value in content.values())
        for label, name, leaf in _by_capture(content) if is_by_capture else _by_class(content):
            f"{label} {leaf} {name}".encode()  # half a character of two, as JSON can have it, cannot be stored
            example = example or f"{name!r} of {label}"
            own = leaves[_composed(label)]
            forms = _forms(name) if is_by_capture else _names_of(name)
            for form in forms:
                own[form].add(leaf)
            if not is_by_capture and len(own[forms[0]]) > 1:
                raise LeafMapError(f"{shown} lists {name!r} of {label} under two leaves; remove one.")
    except ValidationError as error:
        where = " > ".join(map(str, error.errors()[0]["loc"]))
        raise LeafMapError(f"{shown} is no leaf map{where and f' (see {where})'}; {_FORMS}") from None
    except LeafMapError:
        raise
    except (ValueError, RecursionError):  # of json, which has a limit for the digits of a number, and of the encoding
        raise LeafMapError(f"{shown} is no leaf map; {_FORMS}") from None
    if not leaves:
        raise LeafMapError(f"{shown} names no photograph; {_FORMS}")
    return LeafMap(shown, example, leaves)


def group(labels: Sequence[str], names: Sequence[str], leaf_map: LeafMap | None) -> list[Group]:
    """Return the group of each photograph.

    Args:
        labels: class of each photograph, as published.
        names: its file name, by convention ``<uuid>___<source code> <capture number>.JPG``.
        leaf_map: the leaf map, if there is one.

    Raises:
        LeafMapError: the map has none of the photographs.
    """
    mapped = leaf_map.leaves_of(labels, names) if leaf_map else [None] * len(names)
    stems = [_stem(name) for name in names]
    groups: dict[int, Group] = {}
    numbered: dict[int, tuple[str, str]] = {}
    for index, (label, shown, leaf) in enumerate(zip(labels, captures(labels, stems), mapped, strict=True)):
        if leaf:
            groups[index] = Group(f"{label}/leaf {leaf}", None, 0)
        elif named := LEAF.fullmatch(shown):
            groups[index] = Group(f"{label}/{named['source']} leaf {int(named['leaf'])}", None, 0)
        else:
            numbered[index] = label, shown
    for (label, source), roll in camera_rolls(numbered).items():
        for stretch in stretches(roll):
            first, last = stretch[0][0], stretch[-1][0]
            shared = Group(f"{label}/{source} {first}-{last}", f"{label}/{source}", first)
            groups.update((index, shared) for _, index in stretch)
    return [groups[index] for index in range(len(labels))]


def captures_of(labels: Sequence[str], names: Sequence[str]) -> list[Capture]:
    """Return the capture that each photograph shows; all names are without suffix and in lower case."""
    stems = [_stem(name).casefold() for name in names]
    return [Capture(*each) for each in zip(labels, captures(labels, stems), stems, strict=True)]


def _composed(text: str) -> str:
    """Write each accented letter as one character: equal-looking names are then equal."""
    return unicodedata.normalize("NFC", text)


def _stem(name: str) -> str:
    return _composed(Path(name).stem)


def _names_of(name: str) -> list[str]:
    """List the names under which a leaf map may have a photograph, its file name first."""
    return [_composed(name).casefold(), *_forms(_stem(name))]


def _forms(stem: str) -> list[str]:
    """List a photograph's name without suffix, its originals', and the captures of all, in lower case."""
    stems = [found.casefold() for found in originals(_composed(stem))]
    return [*stems, *map(without_id, stems)]


def _unrepeated(shown: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object of JSON in which a key is repeated: only its last value would count."""
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise LeafMapError(f"{shown} has the entry {key!r} {times} times; join them into one.")
    return dict(pairs)


def _by_class(content: object) -> Iterator[tuple[str, str, str]]:
    """Yield class, file name and leaf."""
    for label, names_of in _BY_CLASS.validate_python(content, strict=True).items():
        for leaf, names in names_of.items():
            yield from ((label, name, leaf) for name in names)


def _by_capture(content: object) -> Iterator[tuple[str, str, str]]:
    """Yield class, capture and leaf."""
    for shot, leaves in _BY_CAPTURE.validate_python(content, strict=True).items():
        for label, _, leaf in (entry.rpartition(":::") for entry in leaves):
            yield label, shot, leaf
