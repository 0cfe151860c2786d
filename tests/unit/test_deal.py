"""Which images go to which split, by scheme, and where a set brings splits of its own."""

from collections import Counter

import numpy as np
import pytest

from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.leaves import Capture, Group
from resgrad.preprocess.pictures import Pictures
from resgrad.preprocess.splits import (
    TEST,
    TRAIN,
    VALIDATION,
    deal,
    deal_groups,
    deal_singly,
    known,
    leak_of_captures,
    limit_training,
)
from tests.unit.raw_folders import OPTIONS

CLASSES = ["a", "b"]
LABELS = np.repeat([0, 1], 60)
LEAVES = [Group(f"{label}/leaf {index % 60 // 3:02}", None, 0) for index, label in enumerate(LABELS.tolist())]


def pictures(splits=None, groups=None):
    return Pictures(
        positions=np.arange(len(LABELS)),
        labels=LABELS,
        splits=None if splits is None else np.array(splits),
        groups=groups,
        id_of=str,
        skipped=Counter(),
        examples={},
        copied=None,
        captures=None,
    )


def config(**changes):
    return PreprocessConfig(
        **{**OPTIONS, "validation_fraction": 0.1, "test_fraction": 0.2, "split": "random", **changes}
    )


def sizes(split):
    return [int(np.sum(split == part)) for part in (TRAIN, VALIDATION, TEST)]


def test_without_groups_both_schemes_are_the_random_one():
    dealt = deal(pictures(), CLASSES, config())
    assert dealt["leaf"].tolist() == dealt["random"].tolist() == deal_singly(LABELS, CLASSES, 0.1, 0.2).tolist()


def test_with_groups_the_schemes_differ():
    dealt = deal(pictures(groups=LEAVES), CLASSES, config())
    assert dealt["random"].tolist() == deal_singly(LABELS, CLASSES, 0.1, 0.2).tolist()
    assert dealt["leaf"].tolist() == deal_groups(LABELS, LEAVES, CLASSES, 0.1, 0.2).tolist()
    assert dealt["leaf"].tolist() != dealt["random"].tolist()


def test_without_a_share_for_the_test_there_is_none():
    dealt = deal(pictures(), CLASSES, config(test_fraction=None))
    assert sizes(dealt["random"]) == [108, 12, 0]


@pytest.mark.parametrize(
    ("brought", "expected"),
    [
        (["train", "train", "test"], [72, 8, 40]),
        (["train", "train", "validation"], [64, 40, 16]),
        (["train", "validation", "test"], [40, 40, 40]),
        (["train", "train", "train"], [84, 12, 24]),
    ],
)
@pytest.mark.parametrize("groups", [None, LEAVES], ids=["singly", "leaves"])
def test_a_set_keeps_its_splits_and_the_missing_ones_are_cut_from_training(brought, expected, groups):
    splits = np.array(brought * 40)
    given = deal(pictures(splits, groups), CLASSES, config())["given"]
    assert sizes(given) == expected
    for part, name in ((VALIDATION, "validation"), (TEST, "test")):
        if name in brought:
            assert (given == part).tolist() == (splits == name).tolist()


@pytest.mark.parametrize(("scheme", "whole"), [("leaf", True), ("random", False)])
def test_what_is_cut_from_training_is_leaves_or_images_as_the_scheme_says(scheme, whole):
    given = deal(pictures(["train"] * 120, LEAVES), CLASSES, config(split=scheme))["given"]
    assert all(len(set(given[start : start + 3])) == 1 for start in range(0, 120, 3)) == whole


def test_no_class_is_dealt_or_limited_in_the_order_of_another():
    dealt = [deal_singly(LABELS, CLASSES, 0.1, 0.2), deal_groups(LABELS, LEAVES, CLASSES, 0.1, 0.2)]
    dealt.append(limit_training(np.full(120, TRAIN), LABELS, CLASSES, 60))
    for split in dealt:
        assert split[:60].tolist() != split[60:].tolist()


def test_the_smallest_share_is_one_image_of_each_class():
    assert sizes(deal_singly(LABELS, CLASSES, 0.001, 0.001)) == [116, 2, 2]


def test_a_group_is_taken_where_more_than_half_of_it_is_still_wanted():
    roll = [Group(f"a/roll {number}", "a/roll", number) for number in (1, 2, 3)]
    groups = [group for group, size in zip(roll, (12, 10, 8), strict=True) for _ in range(size)]
    labels = np.zeros(len(groups), np.int64)
    # The last 8, and of the next 10 exactly half is wanted, then more, then less.
    assert sizes(deal_groups(labels, groups, ["a"], 0, 13 / 30)) == [22, 0, 8]
    assert sizes(deal_groups(labels, groups, ["a"], 0, 14 / 30)) == [12, 0, 18]
    assert sizes(deal_groups(labels, groups, ["a"], 0, 12 / 30)) == [22, 0, 8]


def test_of_no_test_images_no_share_is_known():
    assert known(np.full(120, TRAIN), LEAVES) == 0
    assert leak_of_captures(np.full(1, TRAIN), [Capture("a", "1", "1")]) == 0


def test_leaves_are_dealt_the_same_in_whatever_order_their_images_come():
    order = np.random.default_rng(0).permutation(120)
    dealt = deal_groups(LABELS[order], [LEAVES[place] for place in order], CLASSES, 0.1, 0.2)
    assert dealt.tolist() == deal_groups(LABELS, LEAVES, CLASSES, 0.1, 0.2)[order].tolist()
