import math

import numpy as np
import pandas as pd
import pytest

from resgrad.audit.inflation import accuracies, average_on_splits, inflation, over_leaves


def hits(*rows):
    return pd.DataFrame(rows, columns=["scheme", "seed", "id", "group", "correct"])


def split(scheme, **correct_by_seed):
    """Make rows of a split from ``s0="1101"``: image i of seed 0 is right or wrong, and is its own leaf."""
    return [
        (scheme, int(seed[1:]), f"{scheme}-{i}", f"{scheme} leaf {i}", float(hit))
        for seed, hit_of in correct_by_seed.items()
        for i, hit in enumerate(hit_of)
    ]


THREE = hits(*split("random", s0="1111", s1="1110", s2="1111"), *split("leaf", s1="1000", s0="1100", s2="1110"))


BORDERS = pd.DataFrame({"scheme": ["random", "leaf", "leaf"], "seed": [0, 0, 1], "accuracy": [0.5, 0.25, 0.75]})


def over(table):
    """Return the rows of the table of inflation by their column ``over``."""
    return table.set_index("over").to_dict("index")


def test_the_difference_is_taken_within_a_seed_and_its_interval_is_students():
    result = inflation(THREE)
    assert result.columns.tolist() == ["over", "n", "mean", "low", "high"]
    assert result["over"].tolist() == ["seeds", "leaves"]
    # Differences 0.5, 0.5, 0.25: mean 5/12, standard deviation 0.25 / sqrt(3); 4.302653 is the 97.5 % quantile at two
    # degrees of freedom.
    half = 4.302653 * 0.25 / math.sqrt(3) / math.sqrt(3)
    expected = {"n": 3, "mean": 5 / 12, "low": 5 / 12 - half, "high": 5 / 12 + half}
    assert over(result)["seeds"] == pytest.approx(expected, abs=1e-6)
    assert over(result)["leaves"] == pytest.approx(over_leaves(THREE))
    assert over(result)["leaves"]["mean"] == pytest.approx(5 / 12)
    assert over(result)["leaves"]["n"] == 8


def test_one_seed_has_a_difference_but_no_interval_over_seeds():
    result = over(inflation(THREE[THREE["seed"] == 0]))
    nan = math.nan
    assert result["seeds"] == pytest.approx({"n": 1, "mean": 0.5, "low": nan, "high": nan}, nan_ok=True)
    leaves = result["leaves"]
    assert leaves["mean"] == pytest.approx(0.5)
    assert leaves["low"] < leaves["mean"] < leaves["high"]


def test_networks_and_forests_are_averaged_on_each_split_beside_its_leak():
    table = average_on_splits(THREE, BORDERS, {"random": 0.8})
    assert table.columns.tolist() == ["scheme", "classifier", "n", "mean", "sd", "leak"]
    assert table["scheme"].tolist() == ["leaf", "random"] * 2
    rows = {(scheme, classifier): row for scheme, classifier, *row in table.itertuples(index=False)}
    unknown = math.nan
    assert rows == {
        ("leaf", "network"): pytest.approx([3, 0.5, 0.25, unknown], nan_ok=True),
        ("random", "network"): pytest.approx([3, 11 / 12, 0.25 / math.sqrt(3), 0.8]),
        ("leaf", "border_pixels"): pytest.approx([2, 0.5, 0.5 / math.sqrt(2), unknown], nan_ok=True),
        ("random", "border_pixels"): pytest.approx([1, 0.5, math.nan, 0.8], nan_ok=True),
    }


def test_one_seed_has_an_accuracy_on_each_split_and_no_deviation():
    table = average_on_splits(THREE[THREE["seed"] == 0], BORDERS[BORDERS["seed"] == 0], {})
    assert table["mean"].tolist() == [0.5, 1, 0.25, 0.5]
    assert table["sd"].isna().all()


def test_a_split_without_any_leak_is_told_from_one_whose_leak_is_unknown():
    leaks = average_on_splits(THREE, BORDERS, {"leaf": 0.0}).groupby("scheme")["leak"].agg(list)
    assert leaks["leaf"] == [0, 0]
    assert leaks["random"] == pytest.approx([math.nan, math.nan], nan_ok=True)


def test_accuracies_have_a_row_per_network():
    table = accuracies(THREE)
    assert table.to_numpy().tolist() == [
        ["leaf", 0, 0.5],
        ["leaf", 1, 0.25],
        ["leaf", 2, 0.75],
        ["random", 0, 1.0],
        ["random", 1, 0.75],
        ["random", 2, 1.0],
    ]


def clustered_error(table):
    """Sum residuals by group, square them and divide by the squared number of images: the sandwich, by hand."""
    sums = {}
    for scheme, of_scheme in table.groupby("scheme"):
        sign = 1 if scheme == "random" else -1
        for group, correct in of_scheme.groupby("group")["correct"]:
            total = (correct - of_scheme["correct"].mean()).sum()
            sums[group] = sums.get(group, 0) + sign * total / len(of_scheme)
    groups, images = len(sums), len(table)
    correction = groups / (groups - 1) * (images - 1) / (images - 2)
    return math.sqrt(correction * sum(value**2 for value in sums.values()))


def test_leaves_and_not_images_count_over_leaves():
    generator = np.random.default_rng(0)
    leaf_of = generator.integers(0, 12, 80)
    right = generator.random(12) < 0.6  # whole leaves are right or wrong, and many are in both tests
    schemes = np.where(np.arange(80) < 40, "leaf", "random")
    table = hits(*((schemes[i], 0, str(i), f"leaf {leaf_of[i]}", float(right[leaf_of[i]])) for i in range(80)))
    result = over_leaves(table)
    assert result["n"] == table["group"].nunique() == 12
    # 2.200985 is the 97.5 % quantile of Student's t at 11 degrees of freedom.
    half = 2.200985 * clustered_error(table)
    assert result["high"] - result["mean"] == pytest.approx(half, rel=1e-5)
    assert result["mean"] - result["low"] == pytest.approx(half, rel=1e-5)


def test_more_seeds_are_not_more_leaves():
    once = THREE[THREE["seed"] == 0]
    thrice = pd.concat([once.assign(seed=seed) for seed in range(3)])
    assert over_leaves(thrice) == pytest.approx(over_leaves(once))
