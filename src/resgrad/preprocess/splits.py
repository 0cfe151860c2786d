"""Split images into training, validation and test, class by class; measure how much of the test leaks into training.

A split is an int8 array with one of TRAIN, VALIDATION, TEST, UNUSED per image. Draws depend on a class's name and on
the number of its images, so that classes do not affect each other.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from resgrad.common.seeds import derive
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.leaves import Capture, Group
from resgrad.preprocess.pictures import Pictures
from resgrad.shards.shards import SPLITS, Scheme

TRAIN, VALIDATION, TEST = range(3)
UNUSED = -1


def deal(pictures: Pictures, classes: Sequence[str], config: PreprocessConfig) -> dict[Scheme, np.ndarray]:
    """Split all images, by every scheme that applies.

    A set's own splits are kept; missing ones, validation or test, are cut from its training images.
    """
    labels, groups = pictures.labels, pictures.groups
    if pictures.splits is None:
        shares = config.validation_fraction, config.test_fraction or 0
        singly = deal_singly(labels, classes, *shares)
        # Without groups the two schemes are the same.
        return {"leaf": deal_groups(labels, groups, classes, *shares) if groups else singly, "random": singly}
    numbers = {name: number for number, name in enumerate(SPLITS)}
    given = np.array([numbers[name] for name in pictures.splits.tolist()], np.int8)
    rest = np.flatnonzero(given == TRAIN)
    validation = 0 if np.any(given == VALIDATION) else config.validation_fraction
    test = 0 if np.any(given == TEST) else config.test_fraction or 0
    if validation or test:
        if groups and config.split == "leaf":
            own = [groups[place] for place in rest.tolist()]
            given[rest] = deal_groups(labels[rest], own, classes, validation, test)
        else:
            given[rest] = deal_singly(labels[rest], classes, validation, test)
    return {"given": given}


def deal_singly(labels: np.ndarray, classes: Sequence[str], validation: float, test: float) -> np.ndarray:
    """Split images individually, with the same shares of every class (at least one image, unless the share is 0).

    Args:
        labels: index into ``classes`` of each image.
        classes: names.
        validation: share of the images set aside for validation.
        test: share for the test; 0 for none.
    """
    split = np.full(len(labels), TRAIN, np.int8)
    for label, name in enumerate(classes):
        shuffled = _generator("random", name).permutation(np.flatnonzero(labels == label))
        tests, validations = _count(test, len(shuffled)), _count(validation, len(shuffled))
        split[shuffled[:tests]] = TEST
        split[shuffled[tests : tests + validations]] = VALIDATION
    return split


def deal_groups(
    labels: np.ndarray, groups: Sequence[Group], classes: Sequence[str], validation: float, test: float
) -> np.ndarray:
    """Split whole groups, with shares of every class as near to the requested ones as groups allow.

    Known leaves are assigned in random order. The last captures of each camera roll are the test, those before them
    validation and the first ones training: a leaf can be divided in two places only, and validation lies between the
    others. If a roll gives too much or too little, the next roll of the class compensates; known leaves, the smallest
    groups, come last.

    Args:
        labels: index into ``classes`` of each image.
        groups: the group of each image.
        classes: names.
        validation: share of the images set aside for validation; 0 for none.
        test: share for the test; 0 for none.
    """
    split = np.full(len(labels), TRAIN, np.int8)
    members: dict[Group, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    sizes = {group: len(indices) for group, indices in members.items()}
    for label, name in enumerate(classes):
        own = sorted(
            {groups[index] for index in np.flatnonzero(labels == label).tolist()}, key=lambda group: group.name
        )
        shares = {part: share for part, share in {TEST: test, VALIDATION: validation}.items() if share}
        for group, part in _deal_class(_rolls(own, name), sizes, shares).items():
            split[members[group]] = part
    return split


def _rolls(groups: list[Group], name: str) -> list[list[Group]]:
    """List the groups of a class: its camera rolls by name, each in capture order; then its leaves, shuffled."""
    rolls: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        if group.roll is not None:
            rolls[group.roll].append(group)
    leaves = [group for group in groups if group.roll is None]
    shuffled = [leaves[place] for place in _generator("leaf", name).permutation(len(leaves))]
    lined_up = [sorted(rolls[roll], key=lambda group: group.number) for roll in sorted(rolls)]
    return [*lined_up, shuffled] if shuffled else lined_up


def _deal_class(rolls: list[list[Group]], sizes: dict[Group, int], shares: dict[int, float]) -> dict[Group, int]:
    """Cut groups off the end of each roll for every share in turn, and return them."""
    dealt: dict[Group, int] = {}
    total = sum(sizes[group] for roll in rolls for group in roll)
    given = dict.fromkeys(shares, 0)
    seen = 0
    for roll in rolls:
        rest = list(roll)
        seen += sum(sizes[group] for group in roll)
        for part, share in shares.items():
            wanted = _count(share, total) * seen / total
            # As long as one more group brings the sum closer; at the very end, one group rather than none.
            while rest and (given[part] + sizes[rest[-1]] / 2 < wanted or (seen == total and not given[part])):
                group = rest.pop()
                dealt[group] = part
                given[part] += sizes[group]
    return dealt


def limit_training(split: np.ndarray, labels: np.ndarray, classes: Sequence[str], limit: int | None) -> np.ndarray:
    """Mark all but ``limit`` training images UNUSED, the same share of every class; other images are unchanged.

    A smaller limit keeps a subset of the images that a larger one keeps.
    """
    limited = split.copy()
    if limit is None:
        return limited
    # Each class in random order and evenly spread over [0, 1): every prefix of the merged line is stratified.
    line: list[tuple[float, int, int]] = []
    for label, name in enumerate(classes):
        shuffled = _generator("limit", name).permutation(np.flatnonzero((labels == label) & (split == TRAIN)))
        line += [((rank + 0.5) / len(shuffled), label, index) for rank, index in enumerate(shuffled)]
    limited[[index for _, _, index in sorted(line)[limit:]]] = UNUSED
    return limited


def count(split: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count the images of each split and class."""
    return {
        part_name: {name: int(np.sum((split == part) & (labels == label))) for label, name in enumerate(classes)}
        for part, part_name in enumerate(SPLITS)
    }


def leak(split: np.ndarray, groups: Sequence[Group]) -> float | None:
    """Return the share of test images whose leaf is in training too, among test images whose leaf is known.

    None if no leaf of a test image is known.
    """
    leaves: dict[int, Counter[str]] = {part: Counter() for part in (TRAIN, VALIDATION, TEST, UNUSED)}
    for part, group in zip(split.tolist(), groups, strict=True):
        if group.roll is None:
            leaves[part][group.name] += 1
    tested = leaves[TEST].total()
    twins = sum(images for leaf, images in leaves[TEST].items() if leaf in leaves[TRAIN])
    return twins / tested if tested else None


def known(split: np.ndarray, groups: Sequence[Group]) -> float:
    """Return the share of test images whose leaf is known, the only ones that :func:`leak` covers; 0 if there are none.

    An edited copy of an image of a known leaf counts as known; a stretch of a camera roll is not a leaf.
    """
    tested = [group.roll is None for part, group in zip(split.tolist(), groups, strict=True) if part == TEST]
    return sum(tested) / len(tested) if tested else 0.0


def leak_of_captures(split: np.ndarray, captures: Sequence[Capture]) -> float:
    """Return the share of test images of whose capture another picture is in training, an edited copy or the original.

    Pictures of one name in both splits are no copies, or they would be equal and gone: such names count from 1 in each
    split, and tell nothing of a capture.
    """
    names: dict[int, dict[tuple[str, str], set[str]]] = {part: defaultdict(set) for part in (TRAIN, TEST)}
    for part, capture in zip(split.tolist(), captures, strict=True):
        if part in names:
            names[part][capture[:2]].add(capture.name)
    shared = {key for key, own in names[TEST].items() if key in names[TRAIN] and not own & names[TRAIN][key]}
    tested = [capture[:2] in shared for part, capture in zip(split.tolist(), captures, strict=True) if part == TEST]
    return sum(tested) / len(tested) if tested else 0.0


def _count(share: float, total: int) -> int:
    return max(1, round(share * total)) if share else 0


def _generator(*names: str) -> np.random.Generator:
    return np.random.default_rng(derive(0, "split", *names))
