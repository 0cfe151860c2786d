"""Which classes are rare, and which have a low recall despite a good average."""

from typing import Any

import pandas as pd

from resgrad.results.runs import Run
from resgrad.shards.shards import SPLITS


def class_counts(manifest: dict[str, Any]) -> pd.DataFrame:
    """Return a row per class, in the order of the labels: class, train, validation, test (images, split in use)."""
    counts = manifest["counts"][manifest["split"]]
    classes = manifest["classes"]
    return pd.DataFrame({"class": classes, **{split: [counts[split][name] for name in classes] for split in SPLITS}})


def per_class_recall(runs: list[Run]) -> pd.DataFrame:
    """Measure the recall of each class on the test images.

    Returns:
        a row per run and class with test images: variant, depth, seed, class, recall. A diverged run has the recall of
        the guesses that it left as predictions.
    """
    return pd.concat([_recalls(run) for run in runs], ignore_index=True)


def worst_first(recall: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Average recall over seeds, and sort the classes by its mean over the variants, worst first.

    Args:
        recall: from :func:`per_class_recall`, for one depth.
        counts: from :func:`class_counts`.

    Returns:
        a row per class and variant: class, train, validation, test, variant, recall (mean over seeds).
    """
    means = recall.groupby(["class", "variant"], as_index=False)["recall"].mean()
    worst = means.groupby("class")["recall"].mean().sort_values(kind="stable")
    ordered = counts.set_index("class").loc[worst.index].reset_index()
    return ordered.merge(means, on="class", validate="one_to_many")


def _recalls(run: Run) -> pd.DataFrame:
    test = run.predictions[run.predictions["split"] == "test"]
    recall = (test["label"] == test["predicted"]).groupby(test["label"], sort=True).mean()
    _, variant, depth, seed = run.cell
    classes = [run.classes[label] for label in recall.index]
    values = recall.to_numpy()
    return pd.DataFrame({"variant": variant, "depth": depth, "seed": seed, "class": classes, "recall": values})
