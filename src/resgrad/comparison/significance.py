"""Is a difference between twins more than chance? One test for all measures, effect sizes, multiple-test correction.

Twins share seed, initial weights and batches, so everything is computed from the differences within pairs.
"""

import math
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats
from statsmodels.stats.multitest import multipletests

from resgrad.common.intervals import COVERAGE

FLIPS = 2**16
"""Maximum number of sign flips tried; with up to 16 pairs all of them are."""


class Paired(NamedTuple):
    """Statistics of a paired difference; NaN where undefined.

    Attributes:
        n: number of pairs.
        difference: mean over the pairs.
        low: lower end of the t interval of the mean, with coverage :data:`COVERAGE` if differences are normal.
        high: upper end.
        p: two-sided p-value of the sign-flip test, see :func:`sign_flip_test`.
        effect: Hedges' g_z: Cohen's d_z, the mean over the standard deviation of the differences (Cohen 1988, page 48),
            corrected for bias (Hedges 1981, equation 6e); from 3 pairs on.
        effect_low: lower end of the effect size's interval (Cumming and Finch 2001), from the noncentral t
            distributions under which the observed t is at either end of the middle :data:`COVERAGE`.
        effect_high: upper end.
    """

    n: int
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    effect: float = math.nan
    effect_low: float = math.nan
    effect_high: float = math.nan


def compare_pairs(differences: Sequence[float] | pd.Series) -> Paired:
    """Test whether differences within pairs are 0 on average.

    Args:
        differences: one per pair; NaN, where a twin has no value, are left out.
    """
    pairs = pd.Series(differences, dtype=float).dropna().to_numpy()
    n = len(pairs)
    if n == 0:
        return Paired(n)
    found = Paired(n, difference=float(pairs.mean()), p=sign_flip_test(pairs))
    if np.ptp(pairs) <= 1e-9 * np.abs(pairs).max():  # equal up to rounding: no spread to measure with
        return found
    test = stats.ttest_1samp(pairs, 0)
    interval = test.confidence_interval(COVERAGE)
    t, _ = np.asarray(test, dtype=float)
    effect, effect_low, effect_high = _effect(float(t), n) if n > 2 else (math.nan,) * 3
    return found._replace(
        low=float(interval.low),
        high=float(interval.high),
        effect=effect,
        effect_low=effect_low,
        effect_high=effect_high,
    )


def sign_flip_test(pairs: np.ndarray) -> float:
    """Return the two-sided p-value of the sign-flip test on the mean of some differences (Fisher 1935, section 21).

    If the variant made no difference, each difference could equally well have had the other sign. p is twice the share
    of the 2^n choices of signs whose mean is at least as extreme, on the side of the observed one. No distribution is
    assumed, and the test is monotone: a difference that grows in the direction of the mean never makes p larger. In a
    t-test such an outlier can, because it increases the standard deviation. The price is a floor, see
    :func:`smallest_p`.
    """
    if len(pairs) < 2:
        return 1.0
    test = stats.permutation_test(
        (pairs,),
        np.mean,
        permutation_type="samples",
        n_resamples=FLIPS,
        vectorized=True,
        rng=np.random.default_rng(0),  # used only if there are more than are tried
    )
    return float(test.pvalue)


def smallest_p(n: int) -> float:
    """Return the smallest p-value that n pairs can have: of all 2^n choices of signs, two are the most extreme."""
    return 2.0 ** (1 - n)


def can_decide(n: int, tests: int, alpha: float) -> bool:
    """Say whether n pairs can have a p-value below alpha after correction for this number of tests."""
    return n > 0 and tests * smallest_p(n) < alpha


def pairs_needed(tests: int, alpha: float) -> int:
    """Return the smallest number of pairs that can decide."""
    return next(n for n in count(1) if can_decide(n, tests, alpha))


def holm(p: Sequence[float] | pd.Series) -> np.ndarray:
    """Correct p-values for multiple testing (Holm 1979).

    A test that could not be made counts as one that found nothing: the number of tests is fixed in advance, not by
    their outcomes.

    Args:
        p: NaN for a test that could not be made.

    Returns:
        the corrected values, NaN likewise.
    """
    values = np.asarray(p, dtype=float)
    corrected = np.asarray(multipletests(np.nan_to_num(values, nan=1.0), method="holm")[1], dtype=float)
    return np.where(np.isnan(values), np.nan, corrected)


def _effect(t: float, n: int) -> tuple[float, float, float]:
    """Return g_z and the ends of its interval for the t statistic of n pairs."""
    degrees = n - 1
    tails = (1 + COVERAGE) / 2, (1 - COVERAGE) / 2
    unbiased = math.exp(math.lgamma(degrees / 2) - math.lgamma((degrees - 1) / 2)) / math.sqrt(degrees / 2)
    low, high = (float(special.nctdtrinc(degrees, tail, t)) / math.sqrt(n) for tail in tails)
    return t / math.sqrt(n) * unbiased, low, high
