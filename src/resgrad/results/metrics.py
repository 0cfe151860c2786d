"""How well networks classify: from predictions to the metrics that are compared.

A diverged run is a result. Its accuracy, on training images too, is by definition that of guessing, 1 / classes; its
macro F1, precision and recall are those of the guesses it left as predictions; its loss and ROC-AUC are undefined.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from resgrad.results.runs import RUN, Run

PREDICTED = ("validation", "test")
"""Splits for which a run saves its predictions."""


def classification(labels: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Measure predictions against labels.

    Macro averages are unweighted means over the classes that occur among the labels, however rare: a class without
    images has no recall. The precision of a class that was never predicted is 0.

    Args:
        labels: N, integers below K.
        predicted: N, integers below K.
        probabilities: N x K, rows sum to 1.

    Returns:
        accuracy, macro_precision, macro_recall, macro_f1, loss and, unless all labels are equal, roc_auc (one-vs-rest,
        macro average); an empty dictionary if N is 0.
    """
    if len(labels) == 0:
        return {}
    present = np.unique(labels)
    precision, recall, f1 = macro_averages(labels, predicted)
    measures = {
        "accuracy": np.mean(labels == predicted),
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
        "loss": cross_entropy(labels, probabilities),
    }
    if len(present) > 1:
        measures["roc_auc"] = np.mean([roc_auc_score(labels == k, probabilities[:, k]) for k in present])
    return {name: float(value) for name, value in measures.items()}


def macro_averages(labels: np.ndarray, predicted: np.ndarray) -> tuple[float, float, float]:
    """Return precision, recall and F1 as :func:`classification` does."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels,
        predicted,
        labels=np.unique(labels),
        average="macro",
        zero_division=0,  # pyright: ignore[reportArgumentType]  - inferred from a default, "warn"; numbers are allowed
    )
    return precision, recall, f1


def cross_entropy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean of -log p(label), in nats.

    A probability of 0 counts as the smallest positive value of its type, 1.4e-45 in float32: the loss is then 103.3, a
    lower bound, where scikit-learn would clip it to 15.9.
    """
    of_label = probabilities[np.arange(len(labels)), labels]
    smallest = np.finfo(of_label.dtype).smallest_subnormal
    return float(-np.log(np.maximum(of_label, smallest), dtype=np.float64).mean())


def measure_runs(runs: list[Run]) -> pd.DataFrame:
    """Measure every run.

    Returns:
        a row per run: variant, depth, seed, diverged, train_loss, train_error, and for both splits the metrics of
        :func:`classification`, named as ``test.accuracy``; NaN where a metric is undefined.
    """
    return pd.DataFrame([_measure(run) for run in runs])


def summarise(measures: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Average the metrics of one variant's runs over seeds.

    Args:
        measures: a row per run: variant, depth, seed, diverged, and metrics.

    Returns:
        ``depth-20`` -> runs, runs_diverged and the mean of each metric, ``test.accuracy`` as ``test`` -> ``accuracy``;
        undefined means are left out.
    """
    summary: dict[str, dict[str, Any]] = {}
    for depth, runs in measures.groupby("depth", sort=True):
        means = runs.drop(columns=[*RUN, "diverged"]).mean().dropna()
        at_depth: dict[str, Any] = defaultdict(dict, runs=len(runs), runs_diverged=int(runs["diverged"].sum()))
        for name, mean in means.items():
            group, _, measure = str(name).rpartition(".")
            (at_depth[group] if group else at_depth)[measure] = float(mean)
        summary[f"depth-{depth}"] = dict(at_depth)
    return summary


def confusion(runs: list[Run]) -> pd.DataFrame:
    """Return the confusion matrix of the test images, all runs pooled.

    Args:
        runs: runs of one variant and depth.

    Returns:
        a row per class, then one per mistake that occurs (of 200 classes, few of the 40,000 pairs do): actual,
        predicted (names), count, share (of the actual class's images, 0 to 1; NaN for a class without test images).
    """
    classes = runs[0].classes
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for run in runs:
        test = run.predictions[run.predictions["split"] == "test"]
        np.add.at(counts, (test["label"].to_numpy(), test["predicted"].to_numpy()), 1)
    images = counts.sum(axis=1, keepdims=True).astype(float)
    share = np.divide(counts, images, out=np.full(counts.shape, np.nan), where=images > 0)
    # The diagonal first, so that whoever draws the rows meets the classes in their order.
    mistakes = np.nonzero(counts * ~np.eye(len(classes), dtype=bool))
    pairs = tuple(np.concatenate([range(len(classes)), places]) for places in mistakes)
    actual, predicted = (np.array(classes, dtype=object)[places] for places in pairs)
    return pd.DataFrame({"actual": actual, "predicted": predicted, "count": counts[pairs], "share": share[pairs]})


def _measure(run: Run) -> dict[str, Any]:
    measures = {name: getattr(run.cell, name) for name in RUN}
    measures["diverged"] = run.diverged
    measures["train_loss"] = np.nan if run.diverged else run.train_loss
    measures["train_error"] = 1 - (run.chance if run.diverged else run.train_accuracy)
    probabilities = [f"prob_{k}" for k in range(len(run.classes))]
    for split in PREDICTED:
        rows = run.predictions[run.predictions["split"] == split]
        of_split = classification(
            rows["label"].to_numpy(), rows["predicted"].to_numpy(), rows[probabilities].to_numpy()
        )
        if run.diverged and of_split:
            of_split |= {"accuracy": run.chance, "loss": np.nan, "roc_auc": np.nan}
        measures |= {f"{split}.{name}": value for name, value in of_split.items()}
    return measures
