import numpy as np
import pandas as pd
import pytest

from resgrad.audit.imbalance import class_counts, per_class_recall, worst_first
from resgrad.common.cells import Cell
from resgrad.results.runs import Run


def run(variant, seed, *pairs):
    """Make a run in which only the predictions matter: ``(split, label, predicted)``."""
    predictions = pd.DataFrame(pairs, columns=["split", "label", "predicted"])
    return Run(
        cell=Cell("mnist", variant, 8, seed),
        provenance="embedded",
        classes=("ant", "bee", "cat"),
        epochs=1,
        steps=1,
        flops_per_image=1,
        activation_bytes_per_image=1,
        diverged=False,
        train_loss=0.0,
        train_accuracy=1.0,
        history=pd.DataFrame(),
        evaluations=pd.DataFrame(),
        losses=np.zeros(1),
        predictions=predictions,
    )


ANTS = [("test", 0, 0), ("test", 0, 0), ("test", 0, 0), ("test", 0, 1)]  # 3 of 4
BEES = [("test", 1, 1), ("test", 1, 0)]  # 1 of 2
VALIDATION = [("validation", 0, 1), ("validation", 2, 2)]
MANIFEST = {
    "split": "leaf",
    "classes": ["ant", "bee", "cat"],
    "counts": {
        "leaf": {
            "train": {"bee": 5, "ant": 70, "cat": 9},
            "validation": {"ant": 7, "bee": 1, "cat": 2},
            "test": {"ant": 4, "cat": 0, "bee": 2},
        },
        "random": {},
    },
}


@pytest.fixture
def recall():
    return per_class_recall(
        [run("plain", 0, *ANTS, *BEES, *VALIDATION), run("plain", 1, *ANTS, ("test", 1, 0)), run("residual", 0, *ANTS)]
    )


def test_recall_is_the_share_of_a_class_that_is_recognised_in_the_test(recall):
    """A class without test images has no recall."""
    assert recall.drop(columns="depth").to_numpy().tolist() == [
        ["plain", 0, "ant", 0.75],
        ["plain", 0, "bee", 0.5],
        ["plain", 1, "ant", 0.75],
        ["plain", 1, "bee", 0.0],
        ["residual", 0, "ant", 0.75],
    ]
    assert set(recall["depth"]) == {8}


def test_counts_are_those_of_the_split_in_use_in_the_order_of_the_labels():
    assert class_counts(MANIFEST).to_dict("list") == {
        "class": ["ant", "bee", "cat"],
        "train": [70, 5, 9],
        "validation": [7, 1, 2],
        "test": [4, 2, 0],
    }


def test_the_worst_class_on_average_comes_first(recall):
    residual = pd.DataFrame({"variant": "residual", "depth": 8, "seed": 0, "class": ["bee"], "recall": [0.9]})
    table = worst_first(pd.concat([recall, residual]), class_counts(MANIFEST))
    assert table.columns.tolist() == ["class", "train", "validation", "test", "variant", "recall"]
    # bee: (0.25 + 0.9) / 2; ant: 0.75.
    assert table.to_numpy().tolist() == [
        ["bee", 5, 1, 2, "plain", 0.25],
        ["bee", 5, 1, 2, "residual", 0.9],
        ["ant", 70, 7, 4, "plain", 0.75],
        ["ant", 70, 7, 4, "residual", pytest.approx(0.75)],
    ]
