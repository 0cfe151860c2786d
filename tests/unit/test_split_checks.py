"""Classes without an image in a split: the cause that is named, and what is to be done."""

from collections import Counter

import numpy as np
import pytest

from resgrad.preprocess.split_checks import SplitError, check
from resgrad.preprocess.splits import TEST, TRAIN, VALIDATION
from resgrad.shards.shards import SPLITS


def test_a_class_that_cannot_be_split_is_named():
    split = np.array([TEST] * 3 + [VALIDATION] * 3)
    with pytest.raises(SplitError, match=r"^Lonely \(6 in all\) has no image in train;"):
        check(split, np.zeros(6, int), ["Lonely"], Counter())


def test_a_class_of_two_images_is_not_asked_for_other_fractions():
    split, labels = np.array([TEST, VALIDATION, TRAIN, VALIDATION, TEST]), np.array([0, 0, 1, 1, 1])
    with pytest.raises(SplitError, match=r"^a \(2 in all\) has no image in train; a class needs at least 3 images"):
        check(split, labels, ["a", "b"], Counter())
    with pytest.raises(SplitError, match=r"^a \(2 in all\) has no image in train; more images, .* larger train_limit"):
        check(split, labels, ["a", "b"], Counter(over_train_limit=7))


def test_a_class_whose_names_say_that_it_is_one_picture_is_not_asked_for_more():
    split, labels = np.array([TEST] * 5 + [TRAIN, VALIDATION, TEST]), np.array([0] * 5 + [1] * 3)
    groups = ["day/day1 1-1"] * 5 + ["night/1", "night/2", "night/3"]
    with pytest.raises(
        SplitError, match=r"^day \(5 in all\) has no image in train; by their names they belong together"
    ):
        check(split, labels, ["day", "night"], Counter(), groups=groups)
    with pytest.raises(SplitError, match=r"^day \(5 in all\) has no image in train; more images"):
        check(split, labels, ["day", "night"], Counter(), groups=[f"day/{n}" for n in range(5)] + groups[5:])


def given(*parts):
    """The set's own splits: two classes, with the split of each image."""
    split = np.array([part for part, _ in parts])
    return split, np.array([label for _, label in parts])


@pytest.mark.parametrize(("part", "name"), [(VALIDATION, "validation"), (TEST, "test")])
def test_a_class_that_a_given_split_lacks_is_named_with_the_cause(part, name):
    parts = [(other, label) for other in range(3) for label in range(2) if (other, label) != (part, 1)]
    split, labels = given(*parts, (TRAIN, 1))
    own = {other: {0, 1} for other in SPLITS}
    with pytest.raises(SplitError) as caught:
        check(split, labels, ["a", "b"], Counter(duplicate_of_test=5), own)
    said = f"b (3 in all) has no image in {name}; the set brings its own {name} images, so add some of every class"
    assert str(caught.value) == f"{said} to them (left out of all classes were: 5 duplicate_of_test)."
    with pytest.raises(SplitError, match=f"a larger {name}_fraction"):
        check(split, labels, ["a", "b"], Counter(), {"train": {0, 1}})


def test_a_class_that_the_given_training_images_lack_is_not_laid_to_the_limit():
    split, labels = given((TRAIN, 0), (VALIDATION, 0), (VALIDATION, 1), (TEST, 0), (TEST, 1))
    with pytest.raises(SplitError, match=r"^b \(2 in all\) has no image in train; the set brings its own train images"):
        check(split, labels, ["a", "b"], Counter(), {"train": {0}, "test": {0, 1}})
    with pytest.raises(SplitError, match="a larger train_limit"):
        check(split, labels, ["a", "b"], Counter(), {"train": {0, 1}, "test": {0, 1}})


def test_given_training_images_that_are_all_copies_of_the_test_are_not_laid_to_the_fractions():
    split, labels = given((TEST, 0), (TEST, 1))
    said = r"^a \(1 in all\), b \(1 in all\) have no image in train; .* \(left out .* were: 2 duplicate_of_test\)"
    with pytest.raises(SplitError, match=said):
        check(split, labels, ["a", "b"], Counter(duplicate_of_test=2), {"test": {0, 1}})
