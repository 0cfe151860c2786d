"""The classifiers of an audit side by side, their averages over seeds, and the metrics made of them."""

import math

import numpy as np
import pytest

from resgrad.audit.border_pixels import classify_borders
from resgrad.audit.classifiers import BORDER, GUESS, measure_borders, side_by_side
from resgrad.audit.summary import audit_metrics, average
from resgrad.shards.shards import Shards
from tests.unit.audit_tables import CLASSES_TABLE, INFLATION, MEASURES, ONE_SEED, small_classifiers
from tests.unit.leaf_shards import write_shards

MEANS = ("accuracy", "balanced_accuracy", "macro_f1")


@pytest.fixture
def classifiers(tmp_path):
    return small_classifiers(tmp_path / "shards")


def test_guess_border_and_networks_stand_side_by_side(classifiers):
    assert classifiers["classifier"].tolist() == [GUESS, BORDER, "plain-8", "residual-8", "residual-8"]
    guess = classifiers.iloc[0]
    # One class of three: recall 1, 0, 0; F1 of the guessed class 2 * (1/3) * 1 / (1/3 + 1) = 1/2.
    assert guess[["accuracy", "balanced_accuracy", "macro_f1"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 6])
    # The squares get lighter from class to class.
    assert classifiers["accuracy"][1] > 0.8
    assert classifiers[2:]["balanced_accuracy"].tolist() == [0.25, 0.5, 0.75]


def test_the_guess_is_the_class_that_is_most_frequent_in_training():
    class Few:
        """Black squares of unequally frequent classes."""

        def read(self, split, _scheme=None):
            labels = {"train": [0, 2, 2, 1, 2], "test": [0, 0, 2, 1]}[split]
            return np.zeros((len(labels), 1, 4, 4), np.uint8), np.array(labels), []

    guess, *_ = side_by_side(Few(), MEASURES, [0]).to_dict("records")
    assert (guess["classifier"], guess["seed"]) == (GUESS, 0)
    assert (guess["accuracy"], guess["balanced_accuracy"]) == pytest.approx((1 / 4, 1 / 3))


@pytest.mark.parametrize(("scheme", "own"), [("leaf", "leaf"), ("random", "random"), (None, "leaf")])
def test_forests_learn_and_are_measured_on_the_split_that_is_asked_for(tmp_path, scheme, own):
    write_shards(tmp_path / "shards", brighter=10)
    shards = Shards(tmp_path / "shards")
    (images, labels, _), (unknown, truth, _) = (shards.read(split, own) for split in ("train", "test"))
    forests = measure_borders(shards, [5, 6], scheme)
    assert forests["seed"].tolist() == [5, 6]
    expected = [(classify_borders(images, labels, unknown, seed) == truth).mean() for seed in (5, 6)]
    assert forests["accuracy"].tolist() == pytest.approx(expected)
    assert max(expected) < 0.9, "tells nothing"


def test_averages_are_over_seeds_for_every_classifier_in_turn(classifiers):
    averages = average(classifiers)
    assert averages.columns.tolist() == ["classifier", "average", "n", "mean", "sd"]
    names = [(name, mean) for name in (GUESS, BORDER, "plain-8", "residual-8") for mean in MEANS]
    assert list(zip(averages["classifier"], averages["average"], strict=True)) == names
    rows = averages.set_index(["classifier", "average"])
    assert rows.loc[("residual-8", "balanced_accuracy")].tolist() == pytest.approx([2, 0.625, 0.25 / math.sqrt(2)])
    assert rows.loc[("plain-8", "macro_f1")].tolist() == pytest.approx([1, 0.3, math.nan], nan_ok=True)


def test_metrics_are_means_over_seeds_named_by_which_way_is_better(classifiers):
    metrics = audit_metrics(average(classifiers), CLASSES_TABLE, INFLATION)
    border = classifiers.set_index("classifier").loc[BORDER, "accuracy"]
    assert metrics == {
        "higher_is_better": {
            "test_accuracy": {"plain-8": 0.5, "residual-8": pytest.approx(0.8)},
            "lowest_class_recall": {"plain": 0.0, "residual": 0.25},
        },
        "lower_is_better": {
            "test_accuracy_without_a_leaf": {GUESS: pytest.approx(1 / 3), BORDER: border},
            "test_accuracy_added_by_random_split": {
                "difference": 0.25,
                "low_over_seeds": -0.01,
                "high_over_seeds": 0.51,
                "low_over_leaves": 0.2,
                "high_over_leaves": 0.3,
            },
        },
    }


def test_an_interval_that_one_seed_does_not_have_is_not_published(classifiers):
    metrics = audit_metrics(average(classifiers), CLASSES_TABLE, ONE_SEED)
    added = metrics["lower_is_better"]["test_accuracy_added_by_random_split"]
    assert added == {"difference": 0.25, "low_over_leaves": 0.2, "high_over_leaves": 0.3}
