"""The same bytes twice: which copy stays."""

from collections.abc import Hashable, Sequence


def find(contents: Sequence[Hashable | None], labels: Sequence[Hashable]) -> dict[int, str]:
    """Map the position of each image that must go to the reason why.

    Of equal images in one class the first stays and the others are a ``duplicate``; where equal images have different
    labels nobody knows which is right, and all are ``under_two_classes``.

    Args:
        contents: digest of each image, in sorted order of the images; None for one that is known to be unique.
        labels: the class of each.
    """
    first: dict[Hashable, int] = {}
    disputed: set[Hashable] = set()
    copies: list[int] = []
    for position, (content, label) in enumerate(zip(contents, labels, strict=True)):
        if content is None:
            continue
        kept = first.setdefault(content, position)
        if kept != position:
            copies.append(position)
        if labels[kept] != label:
            disputed.add(content)
    gone = {position: "under_two_classes" if contents[position] in disputed else "duplicate" for position in copies}
    return gone | {first[content]: "under_two_classes" for content in disputed}
