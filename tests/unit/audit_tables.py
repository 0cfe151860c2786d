"""Made-up tables of an audit, and its classifiers on small shards."""

import math

import pandas as pd

from resgrad.audit.classifiers import side_by_side
from resgrad.shards.shards import Shards
from tests.unit.leaf_shards import write_shards

MEASURES = pd.DataFrame(
    {
        "variant": ["plain", "residual", "residual"],
        "depth": [8, 8, 8],
        "seed": [0, 0, 1],
        "test.accuracy": [0.5, 0.7, 0.9],
        "test.macro_recall": [0.25, 0.5, 0.75],
        "test.macro_f1": [0.3, 0.4, 0.6],
    }
)

CLASSES_TABLE = pd.DataFrame(
    {
        "class": ["rare", "frequent"],
        "train": [3, 40],
        "validation": [1, 2],
        "test": [2, 20],
    }
).merge(
    pd.DataFrame(
        {
            "class": ["rare", "rare", "frequent", "frequent"],
            "variant": ["plain", "residual"] * 2,
            "recall": [0.0, 0.25, 0.5, 0.95],
        }
    )
)

INFLATION = pd.DataFrame(
    [("seeds", 2, 0.25, -0.01, 0.51), ("leaves", 30, 0.24, 0.2, 0.3)], columns=["over", "n", "mean", "low", "high"]
)

ONE_SEED = INFLATION.assign(n=[1, 30], low=[math.nan, 0.2], high=[math.nan, 0.3])


def small_classifiers(shards):
    write_shards(shards)
    return side_by_side(Shards(shards), MEASURES, [5])
