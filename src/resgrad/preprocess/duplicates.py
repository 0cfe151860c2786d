"""Duplicates, images with the same bytes: which copy is kept."""

from collections.abc import Hashable, Sequence

PRECEDENCE = ("test", "validation", "train")
"""If a set has its own splits, an image that is in two of them is kept in the first of these."""


def find(
    contents: Sequence[Hashable | None], labels: Sequence[Hashable], splits: Sequence[str | None] | None = None
) -> dict[int, str]:
    """Map the position of each image to remove to the reason.

    Of equal images in one class the first is kept and the others are a ``duplicate``. If equal images have different
    labels, nobody knows which is right, and all are ``under_two_classes``. If the set has its own splits, this applies
    within training and within validation; the test set stays as published, and the other splits lose its images as
    ``duplicate_of_test``, and training those of validation as ``duplicate_of_validation``.

    Args:
        contents: digest of each image, in sorted order of the images; None for one that is known to be unique.
        labels: the class of each image.
        splits: the split of each image, if the set has its own; None in it counts as train.
    """
    if splits is None:
        return _find(list(range(len(contents))), contents, labels)
    gone: dict[int, str] = {}
    settled: dict[Hashable, str] = {}
    for split in PRECEDENCE:
        own = [position for position, other in enumerate(splits) if (other or "train") == split]
        here = {position: settled[contents[position]] for position in own if contents[position] in settled}
        gone |= {position: f"duplicate_of_{first}" for position, first in here.items()}
        if split != "test":
            gone |= _find([position for position in own if position not in here], contents, labels)
        for position in own:
            if contents[position] is not None:
                settled.setdefault(contents[position], split)
    return gone


def _find(positions: Sequence[int], contents: Sequence[Hashable | None], labels: Sequence[Hashable]) -> dict[int, str]:
    first: dict[Hashable, int] = {}
    disputed: set[Hashable] = set()
    copies: list[int] = []
    for position in positions:
        content = contents[position]
        if content is None:
            continue
        kept = first.setdefault(content, position)
        if kept != position:
            copies.append(position)
        if labels[kept] != labels[position]:
            disputed.add(content)
    gone = {position: "under_two_classes" if contents[position] in disputed else "duplicate" for position in copies}
    return gone | {first[content]: "under_two_classes" for content in disputed}
