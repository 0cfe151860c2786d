"""The audit in a few numbers."""

from typing import Any

import pandas as pd

from resgrad.analysis.spread import spread
from resgrad.audit.classifiers import AVERAGES
from resgrad.audit.imbalance import SPLITS


def summarise(classifiers: pd.DataFrame, classes: pd.DataFrame, inflation: dict[str, Any] | None) -> dict[str, Any]:
    """Reduce the audit to what is published.

    Args:
        classifiers: from :func:`~resgrad.audit.classifiers.side_by_side`.
        classes: from :func:`~resgrad.audit.imbalance.worst_first`.
        inflation: from :func:`~resgrad.audit.inflation.inflation`; None where both splits are the same.

    Returns:
        ``classifiers`` -> name -> average -> n, mean, sd; ``classes`` -> number, images of the ``largest`` and of the
        ``smallest`` in training, ``lowest_recall`` -> variant; ``inflation`` where there is one.
    """
    variants = classes.columns.drop(["class", *SPLITS])
    summary: dict[str, Any] = {
        "classifiers": {
            name: {average: spread(rows[average]) for average in AVERAGES}
            for name, rows in classifiers.groupby("classifier", sort=False)
        },
        "classes": {
            "number": len(classes),
            "largest": int(classes["train"].max()),
            "smallest": int(classes["train"].min()),
            "lowest_recall": {variant: float(classes[variant].min()) for variant in variants},
        },
    }
    return summary if inflation is None else {**summary, "inflation": inflation}
