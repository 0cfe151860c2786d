import math

import numpy as np
import pytest

from resgrad.gradients.statistics import BINS, SegmentStatistics

NAN, INF = float("nan"), float("inf")

SEGMENTS = {
    "ordinary": [0.5, -1.0, 0.25, 3.0, 0.0],
    "tiny": [3e-26, -4e-26, 0.0],
    "denormal": [1e-42, -1e-45, 2.0],
    "large": [1e38, 3e38],
    "one": [-0.3],
    "constant": [0.1, 0.1, 0.1],
    "zeros": [0.0, -0.0],
    "nan": [1.0, NAN, 2.0, INF],
    "infinite": [1.0, -INF],
}


def slow(values: list[float]) -> dict:
    """Compute each statistic with Python's own arithmetic (exact sums), one element at a time."""
    values = [float(np.float32(v)) for v in values]
    n = len(values)
    finite = all(math.isfinite(v) for v in values)
    mean = math.fsum(values) / n if finite else sum(values) / n
    histogram = [0] * BINS
    for value in values:
        if value and math.isfinite(value):
            exponent = math.frexp(abs(value))[1] - 1
            histogram[min(max(exponent + 100, 0), BINS - 1)] += 1
    return {
        "grad_norm": math.sqrt(math.fsum(v * v for v in values)) if finite else abs(sum(v * v for v in values)),
        "grad_mean": mean,
        "grad_std": math.sqrt(math.fsum((v - mean) ** 2 for v in values) / n) if finite else NAN,
        "grad_max": NAN if any(map(math.isnan, values)) else max(map(abs, values)),
        "zero_fraction": values.count(0.0) / n,
        "nonfinite": sum(not math.isfinite(v) for v in values),
        "log2_hist": histogram,
    }


@pytest.fixture(scope="module")
def described():
    flat = np.concatenate([np.asarray(values, dtype=np.float32) for values in SEGMENTS.values()])
    with np.errstate(invalid="ignore"):
        return SegmentStatistics([len(values) for values in SEGMENTS.values()]).describe(flat)


@pytest.mark.parametrize("name", SEGMENTS)
def test_every_statistic_matches_a_slow_computation(described, name):
    row = list(SEGMENTS).index(name)
    for column, expected in slow(SEGMENTS[name]).items():
        value = described[column][row]
        if column == "log2_hist":
            assert value.tolist() == expected
        else:
            assert value == pytest.approx(expected, rel=1e-12, abs=0, nan_ok=True), column


def test_a_norm_of_1e_25_is_kept_although_its_square_underflows(described):
    row = list(SEGMENTS).index("tiny")
    assert np.float32(3e-26) ** 2 == 0
    assert described["grad_norm"][row] == pytest.approx(5e-26, rel=1e-6)


def test_histogram_counts_everything_that_is_finite_and_not_zero(described):
    for row, values in enumerate(SEGMENTS.values()):
        counted = sum(1 for v in values if v and math.isfinite(v))
        assert described["log2_hist"][row].sum() == counted


def test_bins_begin_at_powers_of_two():
    edges = np.float32([2.0**-100, 2.0**-99, 1.0, np.nextafter(np.float32(1), np.float32(0)), 2.0**27])
    histogram = SegmentStatistics([len(edges)]).describe(edges)["log2_hist"][0]
    assert {int(b): int(n) for b, n in enumerate(histogram) if n} == {0: 1, 1: 1, 99: 1, 100: 1, 127: 1}


def test_segments_do_not_run_into_each_other():
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    sizes = [1, 499, 2, 498]
    together = SegmentStatistics(sizes).describe(values)
    start = 0
    for row, size in enumerate(sizes):
        alone = SegmentStatistics([size]).describe(values[start : start + size].copy())
        start += size
        for column, value in alone.items():
            np.testing.assert_array_equal(together[column][row], value[0])
