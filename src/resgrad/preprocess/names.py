"""Find from a file name the picture that it is an edited copy of: rotated, mirrored, cropped or simply copied."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

_ENDINGS = "jpe?g|jfif|jpe|png|bmp|gif|tiff?|webp"
_WORDS = "|".join(
    (
        r"(?:new)?\d{1,3}deg(?:flip(?:lr|tb))?|flip(?:lr|tb)|new(?:pixel|grr)|lastrow",  # New Plant Diseases
        r"mirror|vertical|horizontal|change|hight|lower",  # related sets; "hight" is their spelling
        r"(?:final_)?masked|segmented",  # PlantVillage without the background
        r"cop(?:y|ie|ia)|kopie",  # Windows, macOS and Linux in four languages
        r"rotat(?:ed?|ion)|[hv]?flip(?:ped)?|flop|mirrored|cropped|resized|scaled|zoom(?:ed)?|shear(?:ed)?|shift(?:ed)?",
        r"blur(?:red)?|nois(?:e|y)|sharpened|bright(?:er|ness)?|dark(?:er)?|contrast|gr[ae]y(?:scale)?|edited",
        r"(?<!^20\d\d[_-])(?<![_-]20\d\d[_-])aug(?:mented)?",  # 2021_aug_03 is a day
    )
)
_ALONE = r"(?:rot|crop)\d{0,3}|rot[\s_-](?:90|180|270)"
"""Words that have another meaning before a separate number: ``batch2_rot_17`` may be a rotten fruit."""

EDIT = re.compile(
    rf"""(?P<original>.*?[^\s_.-])
    (?: (?:_(?:{_ENDINGS}))? \.rf\.[0-9a-z]{{8,}}            # Roboflow: leaf_12_jpg.rf.0a1b2c3d
      | [\s_.-]+ \(? (?:{_WORDS}) (?:[\s_-]?\(?\d{{1,3}}\)?)? \)?   # leaf_12_flipTB, leaf_12 - Copy (2)
      | [\s_.-]+ (?:{_ALONE})                               # leaf_12_rot90
      | \s?(?P<count>\(\d{{1,3}}\))                          # leaf_12 (1), which Windows and browsers write
    )""",
    re.IGNORECASE | re.VERBOSE,
)

COPY_OF = re.compile(r"(?:copy of|kopie von|copie de|copia d[ei])\s(?P<original>.+)", re.IGNORECASE)
"""``Copy of leaf_12``, which Google Drive writes."""


def originals(stem: str) -> Iterator[str]:
    """Yield all names that a picture may be a copy of, nearest first, beginning with its own (without the suffix)."""
    yield stem
    while undone := _undo(stem):
        stem, _ = undone
        yield stem


def original(stem: str, present: Mapping[str, str]) -> str:
    """Name the picture that another is a copy of; a picture that is not a copy is its own original.

    An edit counts if the edited picture is present, or if a word names the edit and the name before it contains a
    number: ``leaf_12_flipTB`` is a copy even without ``leaf_12``, ``red_apple_rotated`` only if ``red_apple`` is
    present. A mere count must follow a name with a number, whose picture is present: ``image (7)`` is a picture of its
    own.

    Args:
        stem: file name without the suffix.
        present: all stems, by their form in lower case (``str.casefold``).
    """
    while undone := _undo(stem):
        before, is_certain = undone
        if not is_certain and before.casefold() not in present:
            break
        stem = present.get(before.casefold(), before)
    return stem


def captures(labels: Sequence[str], stems: Sequence[str]) -> list[str]:
    """Name the capture of each picture: its original within its class, without PlantVillage's ``<uuid>___``."""
    present: dict[str, dict[str, str]] = defaultdict(dict)
    for label, stem in zip(labels, stems, strict=True):
        present[label].setdefault(stem.casefold(), stem)
    return [without_id(original(stem, present[label])) for label, stem in zip(labels, stems, strict=True)]


def without_id(stem: str) -> str:
    """Return the part of a name after PlantVillage's ``<uuid>___``."""
    return stem.rsplit("___", 1)[-1]


def _undo(stem: str) -> tuple[str, bool] | None:
    """Undo the last edit that a name shows.

    Returns:
        the name before it, and whether it is certainly an edit; None if there is no edit.
    """
    edit = EDIT.fullmatch(stem) or COPY_OF.fullmatch(stem)
    if edit is None:
        return None
    is_numbered = re.search(r"\d", without_id(edit["original"])) is not None
    if edit.groupdict().get("count"):
        return (edit["original"], False) if is_numbered else None
    return edit["original"], is_numbered
