import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from resgrad.comparison.rows import depth
from resgrad.comparison.rows.depth import DEGRADATION, degradation

RESULTS = pd.DataFrame(
    [
        ("plain", 56, 0, 0.7, 0.2),  # in random order: runs are identified by variant and seed
        ("plain", 20, 0, 0.1, 0.8),
        ("plain", 20, 1, 0.3, 0.7),
        ("plain", 38, 0, 0.2, 0.6),
        ("plain", 38, 1, 0.3, 0.6),
        ("plain", 56, 1, 0.6, 0.5),
    ],
    columns=["variant", "depth", "seed", "train_error", "test.accuracy"],
)


def measured(results, at_depth, seed):
    table = depth.measure(SimpleNamespace(results=results))
    return table[(table["depth"] == at_depth) & (table["seed"] == seed)].iloc[0]


def test_the_gap_is_to_the_shallowest_network_of_the_same_seed():
    assert measured(RESULTS, 56, 0)["training_error_gap"] == pytest.approx(0.7 - 0.1)
    assert measured(RESULTS, 56, 1)["training_error_gap"] == pytest.approx(0.6 - 0.3)
    assert measured(RESULTS, 38, 0)["training_error_gap"] == pytest.approx(0.2 - 0.1)
    assert measured(RESULTS, 56, 0)["test_error"] == pytest.approx(0.8)
    assert measured(RESULTS, 56, 0)["test_error_gap"] == pytest.approx(0.8 - 0.2)


def test_the_slope_is_that_of_the_line_through_all_depths_so_far():
    # Two depths: rise over run. Three: sum of dx dy over sum of dx^2 about the means, dx = -18, 0, 18.
    assert measured(RESULTS, 38, 0)["training_error_slope"] == pytest.approx(10 * (0.2 - 0.1) / 18)
    slope = (-18 * 0.1 + 0 * 0.2 + 18 * 0.7) / (2 * 18**2)
    assert measured(RESULTS, 56, 0)["training_error_slope"] == pytest.approx(10 * slope)


def test_a_network_that_gains_from_depth_has_a_negative_gap():
    better = RESULTS.assign(train_error=1 / RESULTS["depth"])
    assert measured(better, 56, 1)["training_error_gap"] == pytest.approx(1 / 56 - 1 / 20)
    assert measured(better, 56, 1)["training_error_slope"] < 0


def test_the_shallowest_depth_has_neither_and_a_single_depth_is_the_shallowest():
    for results in (RESULTS, RESULTS[RESULTS["depth"] == 20]):
        row = measured(results, 20, 0)
        assert row["training_error"] == pytest.approx(0.1)
        assert all(
            math.isnan(row[f"{name}_error_{what}"]) for name in ("training", "test") for what in ("gap", "slope")
        )
        assert (depth.measure(SimpleNamespace(results=results)).dtypes.drop("variant").astype(str) != "object").all()


def test_every_run_has_a_row():
    assert len(depth.measure(SimpleNamespace(results=RESULTS))) == len(RESULTS)
    assert np.isfinite(depth.measure(SimpleNamespace(results=RESULTS))[["training_error", "test_error"]]).all(axis=None)


def gaps(training, test):
    """Two variants over eight seeds: residual networks with these gaps, plain ones ten times as bad."""
    seeds = range(8)
    rows = [
        {"variant": variant, "depth": at, "seed": seed, "training_error_gap": factor * a, "test_error_gap": factor * b}
        for variant, factor in (("plain", 10), ("residual", 1))
        for at in (20, 56)
        for seed, a, b in zip(seeds, *(([math.nan] * 8,) * 2 if at == 20 else (training, test)), strict=True)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


def test_residual_networks_are_tested_against_themselves_too():
    table = degradation(gaps([0.01 + 0.001 * seed for seed in range(8)], [-0.02] * 8), alpha=0.05)
    assert list(table.columns) == DEGRADATION.schema.names
    assert table[["variant", "error"]].to_numpy().tolist() == [
        ["plain", "training"],
        ["plain", "test"],
        ["residual", "training"],
        ["residual", "test"],
    ]
    assert (set(table["depth"]), set(table["shallowest"]), set(table["n"])) == ({56}, {20}, {8})
    assert table["verdict"].tolist() == ["deeper is worse", "deeper is better"] * 2
    assert table["p_holm"].tolist() == pytest.approx([4 * 2 / 2**8] * 4)
    assert table.loc[2, ["difference", "p"]].tolist() == pytest.approx([0.0135, 2 / 2**8])


def test_a_gap_that_goes_either_way_is_no_degradation_and_few_seeds_decide_nothing():
    table = gaps([0.01, -0.01] * 4, [0.01] * 8)
    assert degradation(table, alpha=0.05)["verdict"][2] == "no difference shown"
    few = degradation(table[table["seed"] < 7], alpha=0.05)
    assert set(few["verdict"]) == {"too few seeds to decide (needs n >= 8)"}


def test_one_depth_is_compared_with_nothing():
    table = gaps([0.01] * 8, [0.01] * 8)
    empty = degradation(table[table["depth"] == 56], alpha=0.05)
    assert (len(empty), list(empty.columns)) == (0, DEGRADATION.schema.names)
