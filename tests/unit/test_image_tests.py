import math
from itertools import product

import numpy as np
import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.comparison.image_tests import compare_on_images, mcnemar_log10_p
from resgrad.results.runs import Run


def run(variant, right, seed=0, ids=None, diverged=False):
    """A run that classified some test images correctly, and a validation image wrongly."""
    ids = [f"image-{i}" for i in range(len(right))] if ids is None else ids
    test = pd.DataFrame({"id": ids, "split": "test", "label": 1, "predicted": np.asarray(right, int)})
    validation = pd.DataFrame({"id": ["other"], "split": "validation", "label": [0], "predicted": [1]})
    return Run(
        cell=Cell("mnist", variant, 8, seed),
        provenance="embedded",
        classes=("a", "b"),
        epochs=1,
        steps=1,
        flops_per_image=1,
        activation_bytes_per_image=1,
        diverged=diverged,
        train_loss=1.0,
        train_accuracy=0.5,
        history=pd.DataFrame(),
        evaluations=pd.DataFrame(),
        losses=np.ones(1),
        predictions=pd.concat([validation, test], ignore_index=True),
    )


def twins(plain, residual, seed=0):
    return [run("plain", plain, seed), run("residual", residual, seed)]


def compare(runs, leaves, resamples=2000, seed=0):
    groups = pd.Series(leaves, index=[f"image-{i}" for i in range(len(leaves))], dtype=object)
    return compare_on_images(runs, groups, resamples=resamples, seed=seed)


def test_mcnemars_table_worked_out_by_hand():
    # Right by plain alone: 1 image; by residual alone: 5; by both: 2; by neither: 1.
    # Two-sided p of 1 or fewer of 6, at 1/2 each: 2 (1 + 6) / 2^6.
    plain = [1, 0, 0, 0, 0, 0, 1, 1, 0]
    residual = [0, 1, 1, 1, 1, 1, 1, 1, 0]
    assert mcnemar_log10_p(*twins(plain, residual)) == pytest.approx(math.log10(14 / 64))
    assert mcnemar_log10_p(*twins(residual, plain)) == pytest.approx(math.log10(14 / 64))


def test_images_are_paired_by_id_not_by_row():
    plain = run("plain", [1, 0, 0, 0], ids=["a", "b", "c", "d"])
    residual = run("residual", [1, 1, 1, 0], ids=["d", "c", "b", "a"])
    assert mcnemar_log10_p(plain, residual) == pytest.approx(math.log10(10 / 16))  # 1 against 3: 2 (1 + 4) / 2^4


def test_images_that_do_not_tell_twins_apart_say_nothing():
    assert mcnemar_log10_p(*twins([1, 1, 0], [1, 1, 0])) == 0
    assert mcnemar_log10_p(*twins([1, 0], [0, 1])) == 0  # 1 of 2 is the middle: p = 1


def test_a_p_value_below_the_smallest_double_keeps_its_logarithm():
    assert mcnemar_log10_p(*twins([0] * 5000, [1] * 5000)) == pytest.approx((1 - 5000) * math.log10(2))


def test_the_difference_is_a_mean_over_seeds_and_images():
    runs = twins([0, 0, 1, 1], [1, 1, 1, 1], seed=0) + twins([0, 0, 0, 1], [0, 0, 1, 0], seed=1)
    images = compare(runs, [None] * 4)
    assert images.difference == pytest.approx((2 / 4 + 0 / 4) / 2)
    assert (images.unit, images.units) == ("images", 4)
    assert list(images.mcnemar_log10_p) == [0, 1]


def test_a_seed_draws_the_same_images_every_time():
    right = np.random.default_rng(0).integers(0, 2, (2, 101))
    of = [compare(twins(*right), [None] * 101, resamples=50, seed=seed) for seed in (0, 0, 1)]
    first, again, other = [(images.low, images.high) for images in of]
    assert first == again != other


def test_whole_leaves_are_drawn():
    # Leaf x has three images, all won; y has one, lost; z has two, equal. The ends of the interval are quantiles of the
    # 27 draws of three leaves, enumerated here.
    plain, residual = [0, 0, 0, 1, 1, 0], [1, 1, 1, 0, 1, 0]
    leaves = ["x", "x", "x", "y", "z", "z"]
    gain, size = {"x": 3, "y": -1, "z": 0}, {"x": 3, "y": 1, "z": 2}
    draws = sorted(sum(gain[k] for k in d) / sum(size[k] for k in d) for d in product("xyz", repeat=3))
    images = compare(twins(plain, residual), leaves, resamples=20_000)
    assert (images.unit, images.units, images.difference) == ("leaves", 3, pytest.approx(2 / 6))
    # Each draw has a probability of 1/27, more than 2.5 %: the ends are the extremes.
    assert (images.low, images.high) == (pytest.approx(draws[0]), pytest.approx(draws[-1]))


def test_two_leaves_are_enough_for_an_interval():
    # Leaf x is won, y is lost: the draws xx, xy, yx, yy have differences of 1, 0, 0 and -1.
    images = compare(twins([0, 1], [1, 0]), ["x", "y"])
    assert (images.units, images.low, images.high) == (2, -1, 1)


def test_leaves_are_drawn_in_the_order_of_their_names_however_images_are_sorted():
    forward, backward = [f"image-{i}" for i in range(8)], [f"image-{i}" for i in reversed(range(8))]
    plain, residual = [0, 1, 0, 1, 1, 0, 0, 1], [1, 1, 0, 1, 0, 1, 0, 1]
    sorted_one_way = [run("plain", plain, ids=forward), run("residual", residual, ids=forward)]
    the_other_way = [run("plain", plain[::-1], ids=backward), run("residual", residual[::-1], ids=backward)]
    leaves = ["d", "a", "c", "b", "e", "h", "f", "g"]
    assert compare(sorted_one_way, leaves, resamples=100) == compare(the_other_way, leaves, resamples=100)


def test_leaves_of_images_that_are_not_of_the_test_are_no_matter():
    images = compare(twins([0, 1], [1, 1]), [None, None, "leaf"])
    assert (images.unit, images.units) == ("images", 2)


def test_leaves_whose_images_agree_say_less_than_their_images():
    generator = np.random.default_rng(0)
    won = np.repeat(generator.random(20) < 0.5, 10)
    runs = twins(np.zeros(200), won)
    by_leaf = compare(runs, [f"leaf {i // 10}" for i in range(200)])
    by_image = compare(runs, [None] * 200)
    # Ten agreeing images per leaf count as one: the interval is sqrt(10) times as wide.
    ratio = (by_leaf.high - by_leaf.low) / (by_image.high - by_image.low)
    assert ratio == pytest.approx(math.sqrt(10), rel=0.1)


def test_the_same_seed_draws_the_same():
    runs = twins([0, 1, 0, 1, 1, 0, 0, 1], [1, 1, 0, 1, 0, 1, 0, 1])
    assert compare(runs, [None] * 8, resamples=100) == compare(runs, [None] * 8, resamples=100)
    ends = {compare(runs, [None] * 8, resamples=100, seed=seed)[3:5] for seed in range(10)}
    assert len(ends) > 1


def test_a_diverged_twin_counts_as_guessing_whatever_it_guessed():
    runs = [run("plain", [1, 1, 1, 0], diverged=True), run("residual", [1, 1, 1, 1])]
    images = compare(runs + twins([0, 0, 0, 0], [0, 0, 0, 0], seed=1), [None] * 4)
    assert images.difference == pytest.approx((1 - 1 / 2) / 2)
    assert images.low == images.high == images.difference
    assert list(images.mcnemar_log10_p) == [1]


def test_one_leaf_has_no_interval_and_no_twins_nothing():
    images = compare(twins([0, 1], [1, 1]), ["leaf", "leaf"])
    assert images.units == 1
    assert math.isnan(images.low)
    assert compare([run("residual", [1, 1])], [None] * 2) is None
    assert compare([run("plain", [1, 1], seed=0), run("residual", [1, 1], seed=1)], [None] * 2) is None
