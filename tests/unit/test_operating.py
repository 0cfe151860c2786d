import numpy as np
import pytest

from handbook import operating
from resgrad.comparison.significance import compare_pairs, holm, sign_flip_test


@pytest.mark.parametrize("n", [3, 5, 8])
def test_simulated_is_the_very_test_that_decides(n):
    differences = np.random.default_rng(n).normal(0.5, 1, (n, 20)).round(1)
    assert operating.sign_flips(differences) == pytest.approx([sign_flip_test(pairs) for pairs in differences.T])


def test_the_correction_is_that_of_the_verdicts():
    p = np.random.default_rng(0).uniform(size=(6, 10))
    corrected = operating._holm(p)
    for study in range(10):
        assert corrected[:, study] == pytest.approx(holm(p[:, study]))


def test_beside_it_stands_the_paired_t_test_by_its_interval():
    differences = np.random.default_rng(1).normal(1, 1, (6, 50))
    excluded = [not pairs.low <= 0 <= pairs.high for pairs in map(compare_pairs, differences.T)]
    assert (operating.t_test(differences) < 0.05).tolist() == excluded


@pytest.fixture
def shares(monkeypatch):
    monkeypatch.setattr(operating, "STUDIES", 300)
    operating._shares.cache_clear()
    yield lambda name, n: operating._shares(name, n, 6, 0.05)
    operating._shares.cache_clear()


def test_six_seeds_decide_nothing_and_eight_do(shares):
    assert shares("sign flips", 6) == [0] * 6
    none, skewed, small, middle, large, every = shares("sign flips", 8)
    assert none < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert small < middle < large
    assert every > middle
    assert skewed > none
