import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from resgrad.comparison.rows import depth

RESULTS = pd.DataFrame(
    [
        ("plain", 56, 0, 0.7, 0.2),  # in no order: runs are told apart by variant and seed
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
