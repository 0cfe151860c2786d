"""Mean, standard deviation and ends over seeds."""

import math

import pandas as pd
import pytest

from resgrad.common.spread import over_seeds, spread


def test_what_is_missing_is_left_out_of_n_mean_and_sd():
    assert spread([1.0, math.nan, 3.0]) == {"n": 2, "mean": 2.0, "sd": pytest.approx(math.sqrt(2))}
    assert spread([5.0]) == {"n": 1, "mean": 5.0}
    assert spread([]) == {"n": 0}


def test_groups_are_sorted_whatever_the_order_of_the_rows():
    rows = pd.DataFrame({"depth": [56, 20, 56], "error": [0.2, 0.9, 0.4]})
    table = over_seeds(rows, ["depth"], ["error"])
    assert table["depth"].tolist() == [20, 56]
    assert table["error"].tolist() == pytest.approx([0.9, 0.3])
    assert table["error_min"].tolist() == [0.9, 0.2]
    assert table["error_max"].tolist() == [0.9, 0.4]
