"""Networks, a random forest on eight border pixels, and a guess without the image, on the same test images."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score

from resgrad.audit.border_pixels import classify_borders
from resgrad.results.metrics import macro_averages
from resgrad.shards.shards import Scheme, Shards

AVERAGES = {"accuracy": "test.accuracy", "balanced_accuracy": "test.macro_recall", "macro_f1": "test.macro_f1"}
"""The metrics compared: scikit-learn's names, and the columns of :func:`~resgrad.results.metrics.measure_runs`.

Accuracy weights every image equally; it is the micro average of precision, recall and F1 if an image has one class.
The others weight every class equally; balanced accuracy is the macro average of recall.
"""

GUESS = "most_frequent_class"
BORDER = "border_pixels"


def side_by_side(shards: Shards, measures: pd.DataFrame, seeds: Iterable[int]) -> pd.DataFrame:
    """Measure all classifiers on the test images of the split in use.

    Args:
        shards: the images.
        measures: metrics of all networks, from :func:`~resgrad.results.metrics.measure_runs`.
        seeds: seeds of the forests.

    Returns:
        a row per classifier and seed: classifier (:data:`GUESS`, :data:`BORDER`, ``plain-20``, ...), seed (0 for the
        guess, which draws nothing), and the columns of :data:`AVERAGES`.
    """
    names = measures["variant"] + "-" + measures["depth"].astype(str)
    averages = {average: measures[column] for average, column in AVERAGES.items()}
    networks = pd.DataFrame({"classifier": names, "seed": measures["seed"], **averages})
    return pd.concat([_guess(shards), measure_borders(shards, seeds), networks], ignore_index=True)


def measure_borders(shards: Shards, seeds: Iterable[int], scheme: Scheme | None = None) -> pd.DataFrame:
    """Measure random forests on border pixels.

    Args:
        shards: the images.
        seeds: seeds of the forests.
        scheme: scheme of the training and test images, leaf or random; None for the one in use.

    Returns:
        a row per seed: classifier, seed, and the columns of :data:`AVERAGES`.
    """
    images, labels, _ = shards.read("train", scheme)
    test_images, test_labels, _ = shards.read("test", scheme)
    rows = [
        {"seed": seed, **_averages(test_labels, classify_borders(images, labels, test_images, seed))} for seed in seeds
    ]
    return pd.DataFrame(rows).assign(classifier=BORDER)


def _guess(shards: Shards) -> pd.DataFrame:
    """Measure the guess that every image belongs to the most frequent class in training."""
    (_, labels, _), (_, test_labels, _) = (shards.read(split) for split in ("train", "test"))
    guess = np.full_like(test_labels, np.bincount(labels).argmax())
    return pd.DataFrame([{"classifier": GUESS, "seed": 0, **_averages(test_labels, guess)}])


def _averages(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> dict[str, float]:
    """Average over images, and over the classes that occur among the labels."""
    _, recall, f1 = macro_averages(labels, predicted)
    return {"accuracy": accuracy_score(labels, predicted), "balanced_accuracy": recall, "macro_f1": f1}
