"""Compare twins on the same test images, and how far the result depends on the sample of images."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from resgrad.common.cells import VARIANTS
from resgrad.common.intervals import COVERAGE
from resgrad.results.runs import Run

BATCH = 10**7
"""Values resampled at a time: 80 MB."""


class ImageTests(NamedTuple):
    """Tests of twins of one depth on the test images.

    Attributes:
        unit: what was resampled: ``leaves``, which may also be stretches of captures if leaves are not known, or single
            ``images`` without either.
        units: number of these units.
        difference: difference in test accuracy, residual - plain, mean over seeds.
        low: lower end of its interval, with coverage :data:`COVERAGE`; NaN with a single unit.
        high: upper end.
        mcnemar_log10_p: by seed, see :func:`mcnemar_log10_p`; seeds with a diverged twin have none.
    """

    unit: str
    units: int
    difference: float
    low: float
    high: float
    mcnemar_log10_p: dict[int, float]


def compare_on_images(runs: list[Run], groups: pd.Series, *, resamples: int, seed: int) -> ImageTests | None:
    """Compare twins on their test images.

    Photographs of one leaf are not independent, so the interval comes from resampling whole leaves with replacement
    (the cluster bootstrap: Davison and Hinkley 1997, section 3.8; Field and Welsh 2007); its ends are percentiles of
    the resampled differences (Efron 1979). It shows how the result depends on the leaves; the paired tests cover the
    dependence on seeds.

    Args:
        runs: runs of one depth.
        groups: the leaf of each image, or its stretch of captures, by id; an image with null is a group of its own.
        resamples: number of bootstrap samples.
        seed: seed of the draws.

    Returns:
        the tests; None if no seed has both variants.
    """
    by_variant = {variant: {run.cell.seed: run for run in runs if run.cell.variant == variant} for variant in VARIANTS}
    plain, residual = by_variant.values()
    seeds = sorted(plain.keys() & residual.keys())
    if not seeds:
        return None
    gains = [_credit(residual[s]) - _credit(plain[s]) for s in seeds]
    difference = pd.concat(gains, axis="columns").mean(axis="columns")
    leaf = groups.reindex(difference.index)
    sums = difference.groupby(leaf.fillna(leaf.index.to_series()), sort=True).agg(["sum", "count"])
    low, high = _interval(sums["sum"].to_numpy(), sums["count"].to_numpy(), resamples, seed)
    return ImageTests(
        unit="leaves" if leaf.notna().any() else "images",
        units=len(sums),
        difference=float(difference.mean()),
        low=low,
        high=high,
        mcnemar_log10_p={
            s: mcnemar_log10_p(plain[s], residual[s]) for s in seeds if not (plain[s].diverged or residual[s].diverged)
        },
    )


def mcnemar_log10_p(plain: Run, residual: Run) -> float:
    """Test whether twins err equally often on the same test images (McNemar 1947).

    The exact, binomial form: under the null hypothesis each twin accounts for half of the images that only one of them
    gets right. The test assumes independent images, which photographs of one leaf are not: p is then too small.

    Returns:
        log10 of the two-sided p-value, which may be far below the smallest float; 0 if no image distinguishes them.
    """
    right = _right(plain).to_frame("plain").join(_right(residual).rename("residual"), how="inner")
    plain_alone = int((right["plain"] & ~right["residual"]).sum())
    residual_alone = int((~right["plain"] & right["residual"]).sum())
    fewer, discordant = min(plain_alone, residual_alone), plain_alone + residual_alone
    tail = np.asarray(special.logsumexp(stats.binom.logpmf(np.arange(fewer + 1), discordant, 0.5)))
    return min(0.0, float(tail + math.log(2)) / math.log(10))


def _credit(run: Run) -> pd.Series:
    """Return 1 or 0 for each test image, by id; for a diverged run the accuracy of guessing for all of them."""
    right = _right(run).astype(float)
    return right.mask(right.notna(), run.chance) if run.diverged else right


def _right(run: Run) -> pd.Series:
    """Say for each test image, by id, whether it was classified correctly."""
    test = run.predictions[run.predictions["split"] == "test"]
    return (test["label"] == test["predicted"]).set_axis(test["id"])


def _interval(sums: np.ndarray, counts: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    if len(sums) < 2:
        return math.nan, math.nan
    interval = stats.bootstrap(
        (sums, counts),
        lambda sums, counts, axis: sums.sum(axis) / counts.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, BATCH // len(sums)),
        confidence_level=COVERAGE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high)
