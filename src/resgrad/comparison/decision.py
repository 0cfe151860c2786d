"""From a test to words: one rule for all decisions."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from resgrad.comparison.significance import can_decide, holm, pairs_needed

NOT_MEASURED, NO_PAIRS = "not measured", "no pairs"
EQUAL, NO_DIFFERENCE = "equal at every seed", "no difference shown"
TOO_FEW = "too few seeds to decide (needs n >= {needed})"


class Words(NamedTuple):
    """The words for a difference that is more than chance.

    Attributes:
        positive: used if it is above 0.
        negative: used if it is below 0.
    """

    positive: str
    negative: str


def correct(tests: pd.DataFrame, alpha: float) -> pd.Series:
    """Correct the p-values of a family of tests for their number.

    Args:
        tests: a row per test, with the fields of :class:`~resgrad.comparison.significance.Paired`.
        alpha: level of the family.

    Returns:
        p after Holm's correction; NaN where no outcome of so few pairs could be significant.
    """
    possible = np.array([can_decide(n, len(tests), alpha) for n in tests["n"].tolist()])
    return pd.Series(holm(tests["p"].where(possible)), tests.index)


def decide(values: pd.Series, *, tests: int, alpha: float, words: Words) -> str:
    """Describe a difference in words.

    Args:
        values: the fields of a :class:`~resgrad.comparison.significance.Paired`, and its p_holm, from :func:`correct`.
        tests: number of tests that it was corrected for.
        alpha: significance level, which the corrected p must be below.
        words: words for a difference that is more than chance.

    Returns:
        one of the words; :data:`EQUAL` if all differences are exactly 0; :data:`TOO_FEW` if no outcome of so few pairs
        could have passed the corrected test; :data:`NO_DIFFERENCE` if one could have and this one did not;
        :data:`NO_PAIRS` if there are none.
    """
    if values["n"] == 0:
        return NO_PAIRS
    if values["difference"] == 0 and pd.isna(values["low"]):  # no spread either
        return EQUAL
    if not can_decide(int(values["n"]), tests, alpha):
        return TOO_FEW.format(needed=pairs_needed(tests, alpha))
    if values["p_holm"] >= alpha:
        return NO_DIFFERENCE
    return words.positive if values["difference"] > 0 else words.negative
