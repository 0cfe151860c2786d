import math

import pandas as pd
import pytest

from resgrad.common.intervals import mean_with_interval


def test_the_interval_is_that_of_students_t_distribution():
    # Mean 4, standard deviation 1; the 97.5 % quantile with two degrees of freedom is 4.302653 (any printed table).
    frame = pd.DataFrame({"kind": ["a"] * 3, "value": [3.0, 4.0, 5.0]})
    (row,) = mean_with_interval(frame, ["kind"], "value").to_dict("records")
    half = 4.302653 / math.sqrt(3)
    assert row == {
        "kind": "a",
        "n": 3,
        "mean": 4.0,
        "low": pytest.approx(4 - half, abs=1e-6),
        "high": pytest.approx(4 + half, abs=1e-6),
    }


def test_one_observation_has_a_mean_but_no_interval_and_none_has_neither():
    frame = pd.DataFrame({"kind": ["b", "b", "a"], "value": [2.0, math.nan, math.nan]})
    table = mean_with_interval(frame, ["kind"], "value")
    assert table["kind"].tolist() == ["a", "b"]
    assert table["n"].tolist() == [0, 1]
    assert table.loc[1, "mean"] == 2
    assert table[["low", "high"]].isna().all(axis=None)


def test_two_observations_have_the_interval_of_one_degree_of_freedom():
    # Mean 4, standard error 1; the 97.5 % quantile with one degree of freedom is 12.7062.
    row = mean_with_interval(pd.DataFrame({"kind": "a", "value": [3.0, 5.0]}), ["kind"], "value").iloc[0]
    assert (row["low"], row["high"]) == (pytest.approx(4 - 12.7062, abs=1e-4), pytest.approx(4 + 12.7062, abs=1e-4))
