"""From the numbers of a test to words."""

import math

import pandas as pd
import pytest

from resgrad.comparison.decision import Words, decide

WORDS = Words("residual better", "residual worse")


def decided(*, n=8, difference=0.5, low=0.3, p_holm=0.047):
    values = pd.Series({"n": n, "difference": difference, "low": low, "p_holm": p_holm})
    return decide(values, tests=6, alpha=0.05, words=WORDS)


def test_one_pair_has_no_interval_either_and_is_still_not_equal():
    assert decided(n=1, low=math.nan, p_holm=math.nan) == "too few seeds to decide (needs n >= 8)"


def test_differences_that_cancel_are_not_equal_at_every_seed():
    assert decided(difference=0.0, low=-0.2, p_holm=1.0) == "no difference shown"
    assert decided(difference=0.0, low=math.nan, p_holm=1.0) == "equal at every seed"


@pytest.mark.parametrize(("difference", "word"), [(0.5, "residual better"), (-0.5, "residual worse")])
def test_the_sign_says_which_way(difference, word):
    assert decided(difference=difference) == word


def test_p_must_be_below_the_level_and_not_at_it():
    assert decided(p_holm=0.05) == "no difference shown"


def test_no_pair_at_all():
    assert decided(n=0, difference=math.nan, low=math.nan, p_holm=math.nan) == "no pairs"
