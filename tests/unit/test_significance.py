import math

import numpy as np
import pytest
from scipy import stats

from resgrad.comparison.significance import compare_pairs, holm

NAN = math.nan


def test_the_paired_t_test_of_three_differences_worked_out_by_hand():
    # Mean 2, standard deviation 1: t = 2 sqrt(3). With 2 degrees of freedom P(|T| > t) = 1 - t / sqrt(2 + t^2), so
    # p = 1 - sqrt(12 / 14), and the 97.5 % quantile is 0.95 sqrt(2 / (1 - 0.95^2)) = 4.30265.
    pairs = compare_pairs([1.0, 2.0, 3.0])
    assert (pairs.n, pairs.difference) == (3, 2)
    assert pairs.p == pytest.approx(1 - math.sqrt(12 / 14))
    half = 0.95 * math.sqrt(2 / (1 - 0.95**2)) / math.sqrt(3)
    assert (pairs.low, pairs.high) == (pytest.approx(2 - half), pytest.approx(2 + half))


def test_the_effect_is_the_mean_over_the_spread_of_the_differences_less_its_bias():
    # d_z = 2 / 1; Hedges' factor for 2 degrees of freedom is gamma(1) / (sqrt(1) gamma(1/2)) = 1 / sqrt(pi).
    assert compare_pairs([1.0, 2.0, 3.0]).effect == pytest.approx(2 / math.sqrt(math.pi))
    # 4 differences of mean -1.5 and variance 5/3; factor gamma(3/2) / (sqrt(3/2) gamma(1)) = sqrt(pi) / 2 / sqrt(3/2).
    factor = math.sqrt(math.pi) / 2 / math.sqrt(3 / 2)
    assert compare_pairs([0.0, -1.0, -2.0, -3.0]).effect == pytest.approx(-1.5 / math.sqrt(5 / 3) * factor)


@pytest.mark.parametrize("differences", [[1.0, 2.0, 3.0], [-1.0, 0.5, 0.2, 0.1, -0.4], [-5.0, -5.5, -5.2, -4.9]])
def test_the_interval_of_the_effect_has_the_observed_t_at_the_edges_of_its_noncentral_distributions(differences):
    n = len(differences)
    t = np.mean(differences) / np.std(differences, ddof=1) * math.sqrt(n)
    pairs = compare_pairs(differences)
    assert pairs.effect_low < pairs.effect < pairs.effect_high
    assert below(t, n - 1, pairs.effect_low * math.sqrt(n)) == pytest.approx(0.975, abs=1e-5)
    assert below(t, n - 1, pairs.effect_high * math.sqrt(n)) == pytest.approx(0.025, abs=1e-5)


def test_the_interval_of_the_effect_covers_it_as_often_as_it_says():
    generator = np.random.default_rng(0)
    true = 2.0
    pairs = [compare_pairs(generator.normal(true, 1, size=3)) for _ in range(1000)]
    covered = np.mean([pair.effect_low <= true <= pair.effect_high for pair in pairs])
    assert covered == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 1000))


def below(t, degrees, noncentrality):
    """P(T < t) from the definition of T: a normal variable about the noncentrality over a chi-squared one's root."""
    chi_squared = np.linspace(1e-6, 200, 400_001)
    normal = stats.norm.cdf(t * np.sqrt(chi_squared / degrees) - noncentrality)
    return np.trapezoid(normal * stats.chi2.pdf(chi_squared, degrees), chi_squared)


def test_wilcoxons_test_starts_where_it_can_reach_a_twentieth():
    assert math.isnan(compare_pairs([1.0, 2.0, 3.0, 4.0, 5.0]).wilcoxon_p)  # 2 / 2^5 at best
    assert compare_pairs([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).wilcoxon_p == pytest.approx(2 / 2**6)
    # The negative difference has rank 1; of the 64 sign patterns, {} and {1} are at most as extreme on either side.
    assert compare_pairs([-1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).wilcoxon_p == pytest.approx(4 / 2**6)


@pytest.mark.parametrize("sign", [1, -1])
def test_equal_differences_have_the_sign_tests_p_and_no_interval(sign):
    pairs = compare_pairs([sign * (0.3 - 0.1), sign * (0.4 - 0.2), sign * 0.2])  # equal but for rounding
    assert (pairs.n, pairs.difference, pairs.p) == (3, pytest.approx(sign * 0.2), pytest.approx(2 / 2**3))
    assert all(math.isnan(value) for value in (pairs.low, pairs.high, pairs.effect, pairs.effect_low))


def test_no_difference_at_all_is_as_likely_as_can_be():
    assert compare_pairs([0.0] * 7)[:2] == (7, 0)
    assert compare_pairs([0.0] * 7).p == 1


def test_a_pair_without_a_value_is_left_out_and_few_pairs_say_little():
    assert compare_pairs([1.0, NAN, 2.0, 3.0]) == compare_pairs([1.0, 2.0, 3.0])
    assert compare_pairs([NAN]).n == compare_pairs([]).n == 0
    one = compare_pairs([0.5])
    assert (one.n, one.difference) == (1, 0.5)
    assert math.isnan(one.p)
    two = compare_pairs([1.0, 3.0])  # t = 2 with 1 degree of freedom, Cauchy's: p = 1 - 2 arctan(2) / pi
    assert two.p == pytest.approx(1 - 2 * math.atan(2) / math.pi)
    assert math.isnan(two.effect)
    assert compare_pairs([3.0, 3.0]).p == 0.5


def test_holms_correction_of_four_tests_worked_out_by_hand():
    # In order 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1; none below the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])


def test_a_test_that_could_not_be_made_still_counts():
    assert holm([0.01, NAN, 0.03]) == pytest.approx([0.03, NAN, 0.06], nan_ok=True)
