"""Check that every class has an image in every split; where one has none, say why, and what to do."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from resgrad.datasets.errors import DataError
from resgrad.preprocess.pictures import Pictures
from resgrad.shards.shards import SPLITS

_FEW = (
    "its images belong to fewer than three groups (such as {!r}), by the leaf map or their names, and a group stays in "
    "one split; rename images that do not belong together, or set `split: random`"
)
_OWN = "the set brings its own {} images, so add some of every class to them"
_ADVICE = {
    "train": "more images, smaller fractions for validation and test, or a larger train_limit are needed",
    "validation": "more images or a larger validation_fraction are needed",
    "test": "more images or a larger test_fraction are needed",
}


class SplitError(DataError):
    """The images cannot be split as asked."""


def is_whole(split: np.ndarray, labels: np.ndarray, classes: int) -> bool:
    """Say whether every class has an image in every split, as :func:`check` demands of the scheme in use."""
    return all(len(np.unique(labels[split == part])) == classes for part in range(len(SPLITS)))


def brought(pictures: Pictures) -> dict[str, set[int]]:
    """Return the splits that a set brings, and the classes that each holds, as positions; empty if it brings none."""
    if pictures.splits is None:
        return {}
    return {
        name: set(pictures.labels[pictures.splits == name].tolist()) for name in np.unique(pictures.splits).tolist()
    }


def check(
    split: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    skipped: Counter[str],
    own: Mapping[str, Collection[int]] = MappingProxyType({}),
    *,
    unusable: Mapping[int, str] = MappingProxyType({}),
    groups: Sequence[str] = (),
) -> None:
    """Check that every class has an image in every split.

    Args:
        split: split of each image.
        labels: position in ``classes`` of each image.
        classes: names.
        skipped: number of images left out, by reason: the likeliest cause if a class has no image at all.
        own: what the set brings, as in :func:`brought`: the likeliest cause if a class has no image there.
        unusable: an image that cannot be used, and why, by the position of its class.
        groups: the group of each image, where groups are dealt whole: the likeliest cause if a class has few.

    Raises:
        SplitError: a class has no image in a split.
    """
    gone = [label for label in range(len(classes)) if not np.any(labels == label)]
    if gone:
        names = [
            f"{classes[label]} (such as {unusable[label]})" if label in unusable else classes[label] for label in gone
        ]
        raise SplitError(
            f"No image of {_list(names)} can be used; left out of all classes were: {_listed(skipped)}. "
            "Mend or replace its images, or remove the class."
        )
    for part, part_name in enumerate(SPLITS):
        here = set(labels[split == part].tolist())
        missing = [label for label in range(len(classes)) if label not in here]
        if missing:
            missing, cause = _cause(part_name, missing, labels, skipped, own=own, groups=groups)
            names = [f"{classes[label]} ({np.sum(labels == label)} in all)" for label in missing]
            raise SplitError(f"{_list(names)} {'has' if len(names) == 1 else 'have'} no image in {part_name}; {cause}.")


def _cause(
    part: str,
    missing: list[int],
    labels: np.ndarray,
    skipped: Counter[str],
    *,
    own: Mapping[str, Collection[int]],
    groups: Sequence[str],
) -> tuple[list[int], str]:
    """Say why classes have no image in a split, and what to do: of the likeliest causes, the first that any has.

    Returns:
        the classes with that cause, and the sentence.
    """
    # Nothing is cut from the set's own validation and test; from training a limit and fractions cut.
    never = [label for label in missing if part != "train" or label not in own.get("train", ())]
    if never and own and part in {"train", *own}:
        return never, f"{_OWN.format(part)} (left out of all classes were: {_listed(skipped)})"
    if few := {label: group for label in missing if (group := _sole_group(label, labels, groups))}:
        return list(few), _FEW.format(next(iter(few.values())))
    tiny = [label for label in missing if np.sum(labels == label) < len(SPLITS)]
    if tiny and not own and not skipped["over_train_limit"]:
        return tiny, f"a class needs at least {len(SPLITS)} images, one for each split"
    single = [label for label in missing if np.sum(labels == label) == 1]
    if single and not skipped["over_train_limit"]:
        return single, "a class needs at least two training images, since validation takes one; add some, or remove it"
    return missing, _ADVICE[part]


def _listed(skipped: Counter[str]) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in skipped.most_common() if number) or "none"


def _sole_group(label: int, labels: np.ndarray, groups: Sequence[str]) -> str | None:
    """Return a group of a class that has fewer groups than there are splits, but enough images for all."""
    own = [groups[place] for place in np.flatnonzero(labels == label).tolist()] if groups else []
    return own[0] if len(set(own)) < len(SPLITS) <= len(own) else None


def _list(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
