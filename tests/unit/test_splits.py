from itertools import pairwise

import numpy as np
import pytest

from resgrad.datasets.class_names import canonical, join_spellings
from resgrad.preprocess import splits
from resgrad.preprocess.duplicates import find
from resgrad.preprocess.leaves import Group
from resgrad.preprocess.split_checks import is_whole
from resgrad.preprocess.splits import TEST, TRAIN, UNUSED, VALIDATION

# --- class names and duplicates


def test_spellings_of_one_class_agree():
    assert canonical("Pepper,_bell___healthy") == canonical("Pepper__bell___healthy")
    assert canonical("Tomato_Leaf_Mold") != canonical("Tomato_healthy")
    assert join_spellings({"one": ["Pepper__bell", "Apple"], "two": ["Pepper,_bell"]}) == {
        "Apple": "Apple",
        "Pepper__bell": "Pepper,_bell",
        "Pepper,_bell": "Pepper,_bell",
    }


@pytest.mark.parametrize("names", [["A", "a"], ["1-1", "11"], ["A+", "A-"], ["c", "C#", "c++"]])
def test_names_beside_each_other_are_never_joined(names):
    apart = {name: name for name in names}
    assert join_spellings({"one": names}) == apart
    assert join_spellings({"one": names, "two": names[:1]}) == apart
    assert join_spellings({"one": names, "two": [f"{names[0]}_"]}) == {**apart, f"{names[0]}_": f"{names[0]}_"}


def test_names_without_letters_stay_apart():
    assert canonical("+") != canonical("-")


@pytest.mark.parametrize(("name", "other"), [("C#", "C++"), ("कि", "का"), ("1-1", "11"), ("A-", "A"), ("é", "e")])
def test_signs_and_symbols_are_part_of_a_name(name, other):
    assert canonical(name) != canonical(other)
    assert join_spellings({"one": [name], "two": [other]}) == {name: name, other: other}


@pytest.mark.parametrize("other", ["Late blight", "late-blight", "LATE__BLIGHT", "LateBlight", "_late_blight "])
def test_case_and_what_stands_between_words_are_not(other):
    assert canonical("Late_blight") == canonical(other)
    assert canonical("caf\u00e9 1-2") == canonical("Cafe\u0301 1_2")


def test_the_first_copy_stays():
    assert find(["x", "y", "x", "x"], "AAAA") == {2: "duplicate", 3: "duplicate"}


def test_equal_images_of_two_classes_all_go():
    gone = find(["x", "y", "x", "x", None, None], "AABAAB")
    assert gone == dict.fromkeys((0, 2, 3), "under_two_classes")


# --- splits

LABELS = np.repeat([0, 1, 2], [100, 40, 10])
CLASSES = ["a", "b", "c"]


def per_class(split, part):
    return [int(np.sum((split == part) & (label == LABELS))) for label in range(3)]


def test_singly_the_shares_hold_in_every_class():
    split = splits.deal_singly(LABELS, CLASSES, 0.15, 0.2)
    assert per_class(split, TEST) == [20, 8, 2]
    assert per_class(split, VALIDATION) == [15, 6, 2]
    assert per_class(split, TRAIN) == [65, 26, 6]


def test_singly_images_come_in_random_but_fixed_order():
    split = splits.deal_singly(LABELS, CLASSES, 0.15, 0.2)
    assert len(set(np.diff(np.flatnonzero(split[:100] == TEST)))) > 1
    assert np.array_equal(split, splits.deal_singly(LABELS, CLASSES, 0.15, 0.2))


def test_one_class_does_not_move_another():
    whole = splits.deal_singly(LABELS, CLASSES, 0.15, 0.2)
    without = splits.deal_singly(LABELS[100:] - 1, CLASSES[1:], 0.15, 0.2)
    assert np.array_equal(whole[100:], without)


def leaves(sizes, label="a"):
    return [Group(f"{label}/leaf {number}", None, 0) for number, size in enumerate(sizes) for _ in range(size)]


def test_no_leaf_is_torn_and_the_shares_are_as_near_as_leaves_allow():
    groups = leaves([3] * 40)
    split = splits.deal_groups(np.zeros(120, int), groups, ["a"], 0.15, 0.2)
    for part, wanted in {TEST: 24, VALIDATION: 18, TRAIN: 78}.items():
        assert int(np.sum(split == part)) == wanted
    assert all(len(set(split[i : i + 3])) == 1 for i in range(0, 120, 3))
    assert splits.leak(split, groups) == 0


def test_a_roll_is_cut_at_two_places_with_validation_between():
    groups = [Group(f"a/S {n // 8}", "a/S", n // 8) for n in range(160)]
    split = splits.deal_groups(np.zeros(160, int), groups, ["a"], 0.15, 0.2)
    assert split.tolist() == [TRAIN] * 104 + [VALIDATION] * 24 + [TEST] * 32


def test_one_roll_makes_up_for_another():
    # 4 images each: a test group of 2 is far from a fifth of one roll, but one in five rolls makes a fifth of all.
    groups = [Group(f"a/{roll} {n}", f"a/{roll}", n) for roll in range(10) for n in range(2) for _ in range(2)]
    split = splits.deal_groups(np.zeros(40, int), groups, ["a"], 0.1, 0.2)
    assert int(np.sum(split == TEST)) == 8
    assert int(np.sum(split == VALIDATION)) == 4


def test_a_class_with_three_groups_is_in_every_split():
    split = splits.deal_groups(np.zeros(60, int), leaves([20, 20, 20]), ["a"], 0.05, 0.05)
    assert is_whole(split, np.zeros(60, int), 1)


# --- limit


@pytest.fixture
def dealt():
    return splits.deal_singly(LABELS, CLASSES, 0.15, 0.2)  # 65, 26, 6 in training


@pytest.mark.parametrize("limit", [1, 10, 50, 96, 97, 1000])
def test_a_limit_keeps_as_many_training_images_and_all_others(dealt, limit):
    limited = splits.limit_training(dealt, LABELS, CLASSES, limit)
    assert int(np.sum(limited == TRAIN)) == min(limit, 97)
    changed = limited != dealt
    assert set(dealt[changed]) <= {TRAIN}
    assert set(limited[changed]) <= {UNUSED}


def test_a_limit_is_stratified(dealt):
    assert per_class(splits.limit_training(dealt, LABELS, CLASSES, 50), TRAIN) == pytest.approx(
        [50 * 65 / 97, 50 * 26 / 97, 50 * 6 / 97], abs=1
    )


def test_a_smaller_limit_is_part_of_a_larger_one(dealt):
    kept = [set(np.flatnonzero(splits.limit_training(dealt, LABELS, CLASSES, k) == TRAIN)) for k in range(1, 98)]
    assert all(small < large for small, large in pairwise(kept))


def test_no_limit(dealt):
    assert np.array_equal(splits.limit_training(dealt, LABELS, CLASSES, None), dealt)


# --- published metrics


def test_counts_are_of_used_images():
    split = np.array([TRAIN, TRAIN, TEST, UNUSED, VALIDATION])
    assert splits.count(split, np.array([0, 1, 1, 1, 0]), ["a", "b"]) == {
        "train": {"a": 1, "b": 1},
        "validation": {"a": 1, "b": 0},
        "test": {"a": 0, "b": 1},
    }


def test_the_leak_counts_test_images_of_known_leaves_only():
    roll = Group("a/S 1-8", "a/S", 1)
    groups = [*leaves([2, 2, 1, 2]), roll, roll]
    #         leaf 0          leaf 1           leaf 2  leaf 3               roll
    split = [TRAIN, TEST, TEST, TEST, TEST, VALIDATION, TEST, TRAIN, TEST]
    assert splits.leak(np.array(split), groups) == pytest.approx(1 / 5)


def test_an_unused_twin_is_no_leak():
    assert splits.leak(np.array([UNUSED, TEST]), leaves([2])) == 0


def test_no_leak_is_known_where_no_leaf_is():
    assert splits.leak(np.array([TRAIN, TEST]), [Group("a/S 1-8", "a/S", 1)] * 2) is None


def test_how_many_leaves_of_the_test_are_known():
    groups = [*leaves([2, 2]), *[Group("a/S 1-8", "a/S", 1)] * 3]
    split = np.array([TRAIN, TEST, VALIDATION, UNUSED, TRAIN, TEST, TEST])
    assert splits.known(split, groups) == pytest.approx(1 / 3)
    assert splits.known(np.full(7, TRAIN), groups) == 0
