"""Which classes are rare, and which are recognised badly behind a good average."""

from typing import Any

import pandas as pd
from sklearn.metrics import recall_score

from resgrad.results.runs import Run

SPLITS = ["train", "validation", "test"]


def class_counts(manifest: dict[str, Any]) -> pd.DataFrame:
    """Return a row per class, in the order of the labels: class, train, validation, test (images, split in use)."""
    counts = manifest["counts"][manifest["split"]]
    classes = manifest["classes"]
    return pd.DataFrame({"class": classes, **{split: [counts[split][name] for name in classes] for split in SPLITS}})


def per_class_recall(runs: list[Run]) -> pd.DataFrame:
    """Measure which share of each class's test images is recognised.

    Returns:
        a row per run and class with test images: variant, depth, seed, class, recall. A diverged run has the recall of
        the guesses that it left as predictions.
    """
    return pd.concat([_recalls(run) for run in runs], ignore_index=True)


def worst_first(recall: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Average recall over seeds, and line up the classes by its mean over the variants, the worst first.

    Args:
        recall: from :func:`per_class_recall`, of one depth.
        counts: from :func:`class_counts`.

    Returns:
        a row per class: class, train, validation, test, and a column per variant with its mean recall.
    """
    means = recall.pivot_table("recall", "class", "variant").rename_axis(columns=None)
    order = means.mean(axis=1).sort_values(kind="stable").index
    return counts.merge(means.loc[order].reset_index(), on="class", how="right", validate="one_to_one")


def _recalls(run: Run) -> pd.DataFrame:
    test = run.predictions[run.predictions["split"] == "test"]
    present = sorted(test["label"].unique())
    recall = recall_score(test["label"], test["predicted"], labels=present, average=None)
    _, variant, depth, seed = run.cell
    classes = [run.classes[label] for label in present]
    return pd.DataFrame({"variant": variant, "depth": depth, "seed": seed, "class": classes, "recall": recall})
