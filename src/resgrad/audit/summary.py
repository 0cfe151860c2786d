"""The audit averaged over seeds, and the metrics that are compared between commits."""

from typing import Any

import pandas as pd

from resgrad.audit.classifiers import AVERAGES, BORDER, GUESS
from resgrad.common.spread import spread


def average(classifiers: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds.

    Args:
        classifiers: from :func:`~resgrad.audit.classifiers.side_by_side`.

    Returns:
        a row per classifier and average: classifier, average, n, mean, sd.
    """
    rows = [
        {"classifier": name, "average": average, **spread(of_classifier[average])}
        for name, of_classifier in classifiers.groupby("classifier", sort=False)
        for average in AVERAGES
    ]
    return pd.DataFrame(rows).reindex(columns=["classifier", "average", "n", "mean", "sd"])


def audit_metrics(averages: pd.DataFrame, classes: pd.DataFrame, inflation: pd.DataFrame | None) -> dict[str, Any]:
    """Select the metrics that are compared between commits, named by which direction is better.

    Args:
        averages: from :func:`average`.
        classes: from :func:`~resgrad.audit.imbalance.worst_first`.
        inflation: from :func:`~resgrad.audit.inflation.inflation`; None where both splits are the same.

    Returns:
        ``higher_is_better`` -> ``test_accuracy`` -> networks, ``lowest_class_recall`` -> variant;
        ``lower_is_better`` -> ``test_accuracy_without_a_leaf`` -> guess and border pixels, and
        ``test_accuracy_added_by_random_split`` -> difference and the ends of its intervals, if the splits differ.
        All are means over seeds.
    """
    accuracy = averages[averages["average"] == "accuracy"].set_index("classifier")["mean"].to_dict()
    blind = {name: accuracy.pop(name) for name in (GUESS, BORDER)}
    lower: dict[str, Any] = {"test_accuracy_without_a_leaf": blind}
    if inflation is not None:
        over = inflation.set_index("over")
        ends = {f"{end}_over_{name}": float(over[end][name]) for name in over.index for end in ("low", "high")}
        defined = {name: value for name, value in ends.items() if pd.notna(value)}
        lower["test_accuracy_added_by_random_split"] = {"difference": float(over["mean"]["seeds"]), **defined}
    recall = classes.groupby("variant")["recall"].min().to_dict()
    return {
        "higher_is_better": {"test_accuracy": accuracy, "lowest_class_recall": recall},
        "lower_is_better": lower,
    }
