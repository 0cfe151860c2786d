"""Simulated level and power of the tests behind the verdicts."""

from functools import cache
from itertools import product

import numpy as np
from scipy import stats

from handbook.study import Studies
from handbook.words import per_cent
from resgrad.comparison.rows import rows
from resgrad.comparison.significance import smallest_p
from resgrad.report.markdown import table_text

SEEDS = (3, 6, 8, 10)
EFFECTS = (1.0, 2.0, 3.0)
"""Means of the differences, in units of their standard deviation (Cohen's d_z)."""

STUDIES = 4000
"""Studies simulated for every cell of the table: a share of 5 % is then known to within 0.7 points."""


def characteristics(studies: Studies) -> str:
    """Write level and power of the verdicts for several numbers of seeds, and of the t-test, which is not used."""
    alpha, tests = studies["default"].alpha, len(rows())
    lines = []
    for name, n in product(("sign flips", "t-test"), SEEDS):
        none, skewed, *one, every = _shares(name, n, tests, alpha)
        floor = f"{min(1.0, tests * smallest_p(n)):.3f}" if name == "sign flips" else "0"
        lines.append([name, str(n), floor, *(per_cent(share, 1) for share in (none, skewed, *one, every))])
    headers = ["test", "n", "smallest p after Holm", "no row differs, normal", "no row differs, skewed"]
    headers += [f"one row, {effect:g} sd" for effect in EFFECTS]
    table = table_text([*headers, f"all rows, {EFFECTS[1]:g} sd"], lines)
    return f"{table}\n\n{STUDIES:,} studies a cell, by the level {alpha:g} and {tests} rows."


def sign_flips(differences: np.ndarray) -> np.ndarray:
    """Return the p-values of :func:`~resgrad.comparison.significance.sign_flip_test` for many sets of pairs at once.

    Args:
        differences: pairs x sets.
    """
    n = len(differences)
    signs = np.array(list(product((1, -1), repeat=n)))
    means = signs @ differences / n
    tolerance = 1e-12 * np.abs(differences).max(axis=0)
    return np.minimum(1, 2 * (means >= np.abs(differences.mean(axis=0)) - tolerance).mean(axis=0))


def t_test(differences: np.ndarray) -> np.ndarray:
    """Return the p-values of the paired t-test, likewise."""
    return np.asarray(stats.ttest_1samp(differences, 0).pvalue)


@cache
def _shares(name: str, n: int, tests: int, alpha: float) -> list[float]:
    """Simulate studies, and return the shares of them that reach a verdict.

    Returns:
        the share with any verdict if no row differs, for normal and for skewed differences; with a verdict on the only
        row that differs, by effect; and with a verdict on the first row if all differ by the second effect.
    """
    test = {"sign flips": sign_flips, "t-test": t_test}[name]
    generator = np.random.default_rng([n, tests])
    normal = generator.normal(size=(n, tests, STUDIES))
    # Exponential: the mean is 0, but a test that assumes symmetry about 0 is wrong.
    skewed = generator.exponential(size=(n, tests, STUDIES)) - 1

    def found(differences: np.ndarray) -> np.ndarray:
        p = np.stack([test(differences[:, row]) for row in range(tests)])
        return _holm(p) < alpha

    def shifted(effect: float, count: int) -> np.ndarray:
        return normal + effect * (np.arange(tests) < count)[:, None]

    return [
        *(found(null).any(axis=0).mean() for null in (normal, skewed)),
        *(found(shifted(effect, 1))[0].mean() for effect in EFFECTS),
        found(shifted(EFFECTS[1], tests))[0].mean(),
    ]


def _holm(p: np.ndarray) -> np.ndarray:
    """Correct p-values, tests x studies, as :func:`~resgrad.comparison.significance.holm` does for one study."""
    order = p.argsort(axis=0)
    factors = np.arange(len(p), 0, -1)[:, None]
    corrected = np.maximum.accumulate(np.take_along_axis(p, order, axis=0) * factors, axis=0).clip(max=1)
    back = np.empty_like(p)
    np.put_along_axis(back, order, corrected, axis=0)
    return back
