"""A table of runs in the comparison's form, without any runs."""

import math

import pandas as pd

from resgrad.comparison.config import ComparisonConfig
from resgrad.comparison.rows import rows

NAMES = [measure.name for row in rows().values() for measure in row.measures]
CONFIG = ComparisonConfig(alpha=0.05, resamples=100)


def twins(depth: int, plain: dict[str, list[float]], residual: dict[str, list[float]]) -> list[dict]:
    """Return a row per variant and seed with the values of some measures; all other values are 0.5.

    A measure has a value per seed, from seed 0 on; NaN means undefined.
    """
    return [
        {"variant": variant, "depth": depth, "seed": seed, **dict.fromkeys(NAMES, 0.5), **at_seed}
        for variant, values in (("plain", plain), ("residual", residual))
        for seed, at_seed in enumerate(pd.DataFrame(values).to_dict("records"))
    ]


def measures(*rows: list[dict]) -> pd.DataFrame:
    """Make a table of rows in random order: runs are paired by seed."""
    return pd.DataFrame([row for group in rows for row in group]).sample(frac=1, random_state=0)


SEEDS = 8
"""Number of seeds from which one of six rows can be decided."""

_ALIKE = {"test_accuracy": [0.7, 0.8, 0.9, 0.7, 0.8, 0.9, 0.7, 0.9], "reached_target": [1] * SEEDS}

CLEAR = measures(
    twins(20, _ALIKE, _ALIKE),
    twins(
        56,
        {
            "test_accuracy": [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.3],
            "steps_to_target": [40] * SEEDS,
            "reached_target": [0] * SEEDS,
        },
        {
            "test_accuracy": [0.8, 0.91, 1.0, 0.81, 0.9, 0.99, 0.8, 1.0],
            "steps_to_target": [10, 20, 30, 40, 40, 40, 40, 40],
            "reached_target": [1] * 3 + [0] * 5,
        },
    ),
)
"""Residual networks are clearly better in accuracy only at depth 56, and three of eight are faster."""

NAN = math.nan
