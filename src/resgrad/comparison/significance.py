"""Is a difference between twins more than chance? Paired tests, effect sizes, correction for several tests.

Twins share seed, initial weights and batches, so all tests look at the differences within a pair.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats
from statsmodels.stats.multitest import multipletests

from resgrad.common.intervals import COVERAGE

WILCOXON_FROM = 6
"""Pairs from which Wilcoxon's signed-rank test can reach 0.05: its smallest two-sided p is 2^(1 - n), 0.06 at n = 5."""


class Paired(NamedTuple):
    """What pairs say about a difference; NaN where it is undefined.

    Attributes:
        n: pairs.
        difference: mean over the pairs.
        low: lower end of the t interval of the mean, which covers with probability :data:`COVERAGE`.
        high: its upper end.
        p: two-sided, of the paired t-test; where all differences are equal, which leaves t undefined, of the sign
            test: 1 if they are 0, else 2^(1 - n).
        effect: Hedges' g_z: Cohen's d_z, mean over standard deviation of the differences (Cohen 1988, page 48),
            less its bias (Hedges 1981, equation 6e), from 3 pairs on.
        effect_low: lower end of the interval of what it estimates (Cumming and Finch 2001): of the noncentral t
            distributions those under which the observed t is at either end of the middle :data:`COVERAGE`.
        effect_high: its upper end.
        wilcoxon_p: two-sided, of Wilcoxon's signed-rank test, from :data:`WILCOXON_FROM` pairs on.
    """

    n: int
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    effect: float = math.nan
    effect_low: float = math.nan
    effect_high: float = math.nan
    wilcoxon_p: float = math.nan


def compare_pairs(differences: Sequence[float] | pd.Series) -> Paired:
    """Test whether differences within pairs are 0 on average.

    Args:
        differences: one per pair; NaN, where one of the two has no value, are left out.
    """
    pairs = pd.Series(differences, dtype=float).dropna().to_numpy()
    n = len(pairs)
    if n == 0:
        return Paired(n)
    mean = float(pairs.mean())
    if np.ptp(pairs) <= 1e-9 * np.abs(pairs).max():  # equal but for rounding
        return Paired(n, mean, p=_sign_test(pairs) if n > 1 else math.nan)
    test = stats.ttest_1samp(pairs, 0)
    t, p = np.asarray(test, dtype=float)
    interval = test.confidence_interval(COVERAGE)
    effect, effect_low, effect_high = _effect(float(t), n) if n > 2 else (math.nan,) * 3
    return Paired(
        n=n,
        difference=mean,
        low=float(interval.low),
        high=float(interval.high),
        p=float(p),
        effect=effect,
        effect_low=effect_low,
        effect_high=effect_high,
        wilcoxon_p=float(np.asarray(stats.wilcoxon(pairs))[1]) if n >= WILCOXON_FROM else math.nan,
    )


def holm(p: Sequence[float] | pd.Series) -> np.ndarray:
    """Correct p-values for their number (Holm 1979).

    A test that could not be made counts as one that found nothing: which tests there are is settled beforehand, not by
    how they turn out.

    Args:
        p: NaN for a test that could not be made.

    Returns:
        the corrected values, NaN likewise.
    """
    values = np.asarray(p, dtype=float)
    corrected = np.asarray(multipletests(np.nan_to_num(values, nan=1.0), method="holm")[1], dtype=float)
    return np.where(np.isnan(values), np.nan, corrected)


def _sign_test(pairs: np.ndarray) -> float:
    n = np.count_nonzero(pairs)
    return float(stats.binomtest(int((pairs > 0).sum()), n).pvalue) if n else 1.0


def _effect(t: float, n: int) -> tuple[float, float, float]:
    """Return g_z and the ends of its interval for a t of n pairs."""
    degrees = n - 1
    tails = (1 + COVERAGE) / 2, (1 - COVERAGE) / 2
    unbiased = math.exp(math.lgamma(degrees / 2) - math.lgamma((degrees - 1) / 2)) / math.sqrt(degrees / 2)
    low, high = (float(special.nctdtrinc(degrees, tail, t)) / math.sqrt(n) for tail in tails)
    return t / math.sqrt(n) * unbiased, low, high
