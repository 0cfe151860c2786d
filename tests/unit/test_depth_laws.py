"""Growth over depth: which of two laws fits made-up ratios."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from resgrad.gradients.depth_laws import depth_laws, first_to_last


def ratios(values, depths=(10, 32, 100, 320, 1000), seed=0, **keys):
    """Return log10 of the ratios of one seed."""
    table = {"depth": depths, "log10_ratio": values}
    return pd.DataFrame({"variant": "plain", "seed": seed, **keys, **table})


def only(table):
    (row,) = depth_laws(table, ["variant"]).to_dict("records")
    return row


def network(log10_norms, **keys):
    return pd.DataFrame(
        {"variant": "plain", **keys, "position": range(1, len(log10_norms) + 1), "log10_norm": log10_norms}
    )


def test_a_factor_per_layer_is_exponential():
    depths = np.array([20, 56, 110, 218])
    row = only(ratios(-1 + 0.05 * depths, depths))
    assert row["law"] == "exponential"
    assert (row["log10_rate"], row["exponential_r2"]) == (pytest.approx(0.05), pytest.approx(1))
    assert row["power_r2"] < 0.95
    assert (row["depths"], row["shallowest"], row["deepest"], row["n"]) == (4, 20, 218, 1)
    assert (row["low_ratio"], row["high_ratio"]) == (pytest.approx(0), pytest.approx(9.9))
    assert math.isnan(row["log10_rate_low"])


def test_a_power_of_depth_is_a_power_law():
    row = only(ratios(0.3 - 1.5 * np.log10([10, 32, 100, 320, 1000])))
    assert row["law"] == "power"
    assert (row["exponent"], row["power_r2"]) == (pytest.approx(-1.5), pytest.approx(1))


def test_both_fits_against_a_library_on_what_the_probe_found_in_residual_networks():
    depths, found = [10, 32, 100, 320, 1000], [0.44, 1.05, 1.68, 2.35, 3.07]
    row = only(ratios(found, depths))
    power, exponential = stats.linregress(np.log10(depths), found), stats.linregress(depths, found)
    assert row["law"] == "power"
    assert (row["exponent"], row["power_r2"]) == pytest.approx((power.slope, power.rvalue**2))
    assert (row["log10_rate"], row["exponential_r2"]) == pytest.approx((exponential.slope, exponential.rvalue**2))
    assert (row["exponent"], row["exponential_r2"]) == pytest.approx((1.31, 0.78), abs=0.005)


def test_what_hardly_changes_is_level_whatever_fits_it():
    assert only(ratios(0.0004 * np.array([10, 32, 100, 320, 1000])))["law"] == "level"
    flat = only(ratios([-0.3] * 5))
    assert flat["law"] == "level"
    assert math.isnan(flat["power_r2"])


def test_what_changes_by_less_than_a_factor_of_ten_still_has_a_law():
    row = only(ratios(0.0008 * np.array([10, 32, 100, 320, 1000])))
    assert row["law"] == "exponential"
    assert row["exponential_r2"] == pytest.approx(1)


def test_what_neither_explains_is_neither():
    assert only(ratios([0, 3, 0, 3, 0]))["law"] == "neither"


def test_slopes_are_means_over_seeds_with_their_interval():
    # Slopes 0.1, 0.2, 0.3: the 97.5 % quantile of t with two degrees of freedom is 4.302653.
    depths = np.array([10, 20, 30, 40])
    row = only(pd.concat([ratios(rate * depths, depths, seed=seed) for seed, rate in enumerate((0.1, 0.2, 0.3))]))
    half = 4.302653 * 0.1 / math.sqrt(3)
    assert (row["n"], row["log10_rate"]) == (3, pytest.approx(0.2))
    assert (row["log10_rate_low"], row["log10_rate_high"]) == (pytest.approx(0.2 - half), pytest.approx(0.2 + half))
    assert row["exponential_r2"] == pytest.approx(1), "of the fit to means over seeds"


def test_a_depth_that_overflows_with_one_seed_is_left_out():
    depths = (10, 20, 30, 40, 50)
    row = only(pd.concat([ratios([1, 2, 3, 4, 5], depths), ratios([1, 2, 3, 4, np.inf], depths, seed=1)]))
    assert (row["depths"], row["deepest"]) == (4, 40)


def test_fewer_than_four_depths_have_no_law():
    few = ratios([1, 2, 3, math.nan], (10, 20, 30, 40))
    table = depth_laws(pd.concat([few, ratios([1, 2, 3, 4], (10, 20, 30, 40), variant="residual")]), ["variant"])
    assert table["variant"].tolist() == ["residual"]
    assert list(depth_laws(few, ["variant"]).columns) == list(table.columns)


def test_the_first_hidden_layer_over_the_last_whatever_the_order_of_the_rows():
    norms = pd.concat([network([9, 3, 2, 1.5, -9], depth=5), network([9, 1, 4, 9], depth=4)]).iloc[::-1]
    found = first_to_last(norms, ["variant", "depth"])
    assert found.to_dict("records") == [
        {"variant": "plain", "depth": 4, "log10_ratio": -3},
        {"variant": "plain", "depth": 5, "log10_ratio": 1.5},
    ]


def test_gradients_that_are_0_or_not_finite():
    norms = pd.concat([network([0, np.inf, 1, 0]), network([0, -np.inf, -np.inf, 0], variant="residual")])
    found = first_to_last(norms, ["variant"])["log10_ratio"].tolist()
    assert found[0] == np.inf
    assert math.isnan(found[1])


def test_networks_with_one_hidden_layer_are_left_out():
    assert first_to_last(network([1, 2, 3]), ["variant"]).empty
