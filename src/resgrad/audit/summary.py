"""The audit in numbers: all that its page rests on, and the few that are compared from commit to commit."""

from typing import Any

import pandas as pd

from resgrad.audit.classifiers import AVERAGES, BORDER, GUESS
from resgrad.audit.imbalance import SPLITS
from resgrad.common.spread import spread


def summarise(classifiers: pd.DataFrame, classes: pd.DataFrame, inflation: dict[str, Any] | None) -> dict[str, Any]:
    """Reduce the audit to what its page says.

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


def published(summary: dict[str, Any]) -> dict[str, Any]:
    """Pick the numbers that are compared from commit to commit, named by which way is better.

    Args:
        summary: from :func:`summarise`.

    Returns:
        ``higher_is_better`` -> ``test_accuracy`` -> networks, ``lowest_class_recall`` -> variant;
        ``lower_is_better`` -> ``test_accuracy_without_a_leaf`` -> guess and border pixels, and
        ``test_accuracy_added_by_random_split`` -> difference and the ends of its intervals, where the splits differ.
        All are means over seeds.
    """
    accuracy = {name: averages["accuracy"]["mean"] for name, averages in summary["classifiers"].items()}
    blind = {name: accuracy.pop(name) for name in (GUESS, BORDER)}
    lower: dict[str, Any] = {"test_accuracy_without_a_leaf": blind}
    if "inflation" in summary:
        over = {name: summary["inflation"][f"over_{name}"] for name in ("leaves", "seeds")}
        ends = {f"{end}_over_{name}": x[end] for name, x in over.items() for end in ("low", "high") if end in x}
        lower["test_accuracy_added_by_random_split"] = {"difference": over["seeds"]["mean"], **ends}
    return {
        "higher_is_better": {"test_accuracy": accuracy, "lowest_class_recall": summary["classes"]["lowest_recall"]},
        "lower_is_better": lower,
    }
