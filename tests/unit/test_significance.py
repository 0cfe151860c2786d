import math

import numpy as np
import pytest
from scipy import stats

from resgrad.comparison.significance import compare_pairs, holm, pairs_needed, sign_flip_test, smallest_p

NAN = math.nan


def test_the_sign_flip_test_worked_out_by_hand():
    # Of the eight sums +-1 +-2 +-3, only 6 is as large: 2 (1 / 8).
    assert compare_pairs([1.0, 2.0, 3.0]).p == pytest.approx(2 / 8)
    # Sums of +-1 +-2 +-3 +-4 that are at least 8 = -1 + 2 + 3 + 4: 8 itself and 10.
    assert compare_pairs([-1.0, 2.0, 3.0, 4.0]).p == pytest.approx(2 * 2 / 16)
    # The same the other way round.
    assert compare_pairs([1.0, -2.0, -3.0, -4.0]).p == pytest.approx(2 * 2 / 16)


@pytest.mark.parametrize("seed", range(20))
def test_a_better_result_never_has_a_larger_p(seed):
    """Each difference in turn grows in the direction of the mean: by a little, and beyond all others."""
    generator = np.random.default_rng(seed)
    n = int(generator.integers(2, 10))
    pairs = generator.normal(0.5, 1, n).round(int(generator.integers(3)))  # often with ties and zeros
    p = sign_flip_test(pairs)
    grown = pairs + np.eye(n) * np.sign(pairs.mean()) * generator.choice([0.1, 1.0, 100.0], n)
    assert max(map(sign_flip_test, grown)) <= p + 1e-12


def test_the_result_that_a_t_test_decided_and_a_better_one_that_it_did_not():
    """Five seeds at 128 steps and one at 192, against 256: and all six at 128."""
    mixed, better = (compare_pairs([float(steps - 256) for steps in of]) for of in ([128] * 5 + [192], [128] * 6))
    assert better.p == mixed.p == 2 / 2**6


@pytest.mark.parametrize("n", [3, 6, 8, 10])
def test_the_test_errs_as_seldom_as_it_says(n):
    """With heavy-tailed null differences, symmetric about 0, it finds no more than it may."""
    generator = np.random.default_rng(n)
    null = generator.exponential(size=(2000, n)) ** 2 * generator.choice([-1, 1], (2000, n))
    p = np.array([sign_flip_test(pairs) for pairs in null])
    assert p.min() >= smallest_p(n) - 1e-12
    assert np.mean(p < 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)
    assert p.mean() == pytest.approx(0.5, abs=0.5 * smallest_p(n) + 0.03)


def test_up_to_sixteen_pairs_all_signs_are_tried():
    assert sign_flip_test(np.arange(1.0, 17)) == smallest_p(16)


def test_many_pairs_are_tried_on_a_sample_of_the_signs_and_the_same_every_time():
    pairs = np.random.default_rng(0).normal(0.3, 1, 30)
    p = sign_flip_test(pairs)
    assert p == pytest.approx(float(stats.ttest_1samp(pairs, 0).pvalue), abs=0.02)
    assert p == sign_flip_test(pairs)


def test_eight_pairs_can_decide_one_of_six_rows_at_a_twentieth_and_seven_cannot():
    assert [pairs_needed(6, 0.05), pairs_needed(1, 0.05), pairs_needed(4, 0.05), pairs_needed(6, 1.1)] == [8, 6, 8, 4]
    assert 6 * smallest_p(8) < 0.05 <= 6 * smallest_p(7)
    assert pairs_needed(4, 4 * smallest_p(7)) == 8  # to reach alpha is not to be below it
    assert compare_pairs([1.0, 2.0, 0.5, 3.0, 1.5]).p == smallest_p(5)


def test_the_interval_of_three_differences_worked_out_by_hand():
    # Mean 2, standard deviation 1. With 2 degrees of freedom the 97.5 % quantile is 0.95 sqrt(2 / (1 - 0.95^2)).
    pairs = compare_pairs([1.0, 2.0, 3.0])
    assert (pairs.n, pairs.difference) == (3, 2)
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
    """P(T < t) from the definition of T: a normal variable about the noncentrality, over the root of a chi-squared."""
    chi_squared = np.linspace(1e-6, 200, 400_001)
    normal = stats.norm.cdf(t * np.sqrt(chi_squared / degrees) - noncentrality)
    return np.trapezoid(normal * stats.chi2.pdf(chi_squared, degrees), chi_squared)


@pytest.mark.parametrize("sign", [1, -1])
def test_equal_differences_have_a_p_and_no_interval(sign):
    pairs = compare_pairs([sign * (0.3 - 0.1), sign * (0.4 - 0.2), sign * 0.2])  # equal up to rounding
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
    assert one.p == 1
    two = compare_pairs([1.0, 3.0])
    assert two.p == 0.5
    assert math.isnan(two.effect)


def test_holms_correction_of_four_tests_worked_out_by_hand():
    # In order 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1; none may be below its predecessor.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])


def test_a_test_that_could_not_be_made_still_counts():
    assert holm([0.01, NAN, 0.03]) == pytest.approx([0.03, NAN, 0.06], nan_ok=True)
