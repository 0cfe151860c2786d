"""Classes without an image in a split: the cause that is named, and what is to be done."""

from collections import Counter

import numpy as np
import pytest

from resgrad.preprocess.split_checks import SplitError, check
from resgrad.preprocess.splits import TEST, TRAIN, VALIDATION
from resgrad.shards.shards import SPLITS


def refusal(split, labels, classes, skipped=None, own=None, **more):
    with pytest.raises(SplitError) as caught:
        check(np.array(split), np.array(labels), classes, Counter(skipped), own or {}, **more)
    return str(caught.value)


def test_a_class_that_cannot_be_split_is_named():
    said = refusal([TEST] * 3 + [VALIDATION] * 3, [0] * 6, ["Lonely"])
    assert said == (
        "Lonely (6 in all) has no image in train; more images, smaller fractions for validation and test, or a larger "
        "train_limit are needed."
    )


@pytest.mark.parametrize(
    ("classes", "named"),
    [
        (2, "c0 (1 in all), c1 (1 in all)"),
        (3, "c0 (1 in all), c1 (1 in all), c2 (1 in all)"),
        (5, "c2 (1 in all) and 2 more"),
    ],
)
def test_up_to_three_classes_are_named(classes, named):
    said = refusal([TEST] * classes, list(range(classes)), [f"c{number}" for number in range(classes)])
    assert f"{named} have no image in train; a class needs at least 3 images, one for each split." in said
    assert "c3" not in said


def test_a_class_without_any_image_is_named_with_one_that_cannot_be_used():
    every = [TRAIN, VALIDATION, TEST]
    assert refusal(every, [1, 1, 1], ["gone", "b"]) == (
        "No image of gone can be used; left out of all classes were: none. Mend or replace its images, or remove the "
        "class."
    )
    said = refusal(every, [1, 1, 1], ["gone", "b"], {"damaged": 2, "duplicate": 3}, unusable={0: "gone/x.jpg, damaged"})
    assert "No image of gone (such as gone/x.jpg, damaged) can be used" in said
    assert "were: 3 duplicate, 2 damaged." in said


def test_a_class_of_two_images_is_not_asked_for_other_fractions():
    split, labels = [TEST, VALIDATION, TRAIN, VALIDATION, TEST], [0, 0, 1, 1, 1]
    assert refusal(split, labels, ["a", "b"]) == (
        "a (2 in all) has no image in train; a class needs at least 3 images, one for each split."
    )
    assert "or a larger train_limit are needed" in refusal(split, labels, ["a", "b"], {"over_train_limit": 7})
    assert "smaller fractions" in refusal([TEST, *split], [0, *labels], ["a", "b"])


@pytest.mark.parametrize("images", [3, 5])
def test_a_class_whose_names_say_that_it_is_one_picture_is_not_asked_for_more(images):
    split, labels = [TEST] * images + [TRAIN, VALIDATION, TEST], [0] * images + [1] * 3
    groups = ["day/day1 1-1"] * (images - 1) + ["day/day2 2-2"] + ["night/1", "night/2", "night/3"]
    said = refusal(split, labels, ["day", "night"], groups=groups)
    assert said.startswith(f"day ({images} in all) has no image in train; its images belong to fewer than three groups")
    assert "(such as 'day/day1 1-1')" in said
    apart = [f"day/{number % 3}" for number in range(images)] + groups[images:]
    assert "; more images, smaller fractions" in refusal(split, labels, ["day", "night"], groups=apart)


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


def test_a_class_of_one_image_beside_a_test_that_the_set_brings_is_told_what_validation_takes():
    split, labels = given((TRAIN, 0), (VALIDATION, 0), (VALIDATION, 1), (TEST, 0))
    with pytest.raises(SplitError) as caught:
        check(split, labels, ["a", "b"], Counter(), {"train": {0, 1}, "test": {0}})
    assert str(caught.value) == (
        "b (1 in all) has no image in train; a class needs at least two training images, since validation takes one; "
        "add some, or remove it."
    )
    with pytest.raises(SplitError, match="a larger train_limit"):
        check(split, labels, ["a", "b"], Counter(over_train_limit=1), {"train": {0, 1}, "test": {0}})


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
