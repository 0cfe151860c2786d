import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.results.metrics import classification, confusion, cross_entropy, measure_runs, summarise
from resgrad.results.runs import load_runs
from tests.unit.fake_runs import write_run

# Six images of three classes. Actual a a a b b c, predicted a a b b c c:
#              a  b  c        precision  recall  F1
#   actual a   2  1  0    a   2/2        2/3     4/5
#          b   0  1  1    b   1/2        1/2     1/2
#          c   0  0  1    c   1/2        1/1     2/3
LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 2, 2])
PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6], [0.2, 0.1, 0.7]]
)


def test_every_measure_of_a_three_class_table_worked_out_by_hand():
    assert classification(LABELS, PREDICTED, PROBABILITIES) == pytest.approx(
        {
            "accuracy": 4 / 6,
            "macro_precision": (1 + 1 / 2 + 1 / 2) / 3,
            "macro_recall": (2 / 3 + 1 / 2 + 1) / 3,
            "macro_f1": (4 / 5 + 1 / 2 + 2 / 3) / 3,
            "loss": -math.log(0.8 * 0.5 * 0.2 * 0.4 * 0.3 * 0.7) / 6,
            # Correctly ordered pairs of a positive and a negative; a tie counts half. a: 0.8 and 0.5 beat all three,
            # 0.2 beats one and ties one. b: 0.4 beats three, loses to 0.6; 0.3 beats two, ties one. c: 0.7 beats all.
            "roc_auc": (7.5 / 9 + 5.5 / 8 + 5 / 5) / 3,
        }
    )


def test_classes_without_images_are_no_part_of_macro_means():
    padded = np.hstack([PROBABILITIES, np.zeros((6, 2))])
    assert classification(LABELS, PREDICTED, padded) == pytest.approx(classification(LABELS, PREDICTED, PROBABILITIES))


def test_a_class_never_predicted_has_precision_zero_without_a_warning():
    measures = classification(np.array([0, 1]), np.array([0, 0]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    assert measures["macro_precision"] == pytest.approx((1 / 2 + 0) / 2)
    assert measures["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_a_class_that_was_only_predicted_is_no_part_of_macro_means():
    # Actual a a b b, predicted a c b b: a has precision 1 and recall 1/2, b both 1; c has no images.
    measures = classification(np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1]), np.full((4, 3), 1 / 3))
    expected = {"macro_precision": 1, "macro_recall": 3 / 4, "macro_f1": (2 / 3 + 1) / 2}
    assert {name: measures[name] for name in expected} == pytest.approx(expected)


def test_two_classes_have_an_auc():
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5]])
    # Of the pairs of an a and a b, (0.9, 0.5) is ordered correctly and (0.4, 0.5) is not; for b likewise.
    assert classification(np.array([0, 0, 1]), np.array([0, 1, 0]), probabilities)["roc_auc"] == 0.5


def test_one_class_alone_has_no_auc_and_no_images_have_nothing():
    assert "roc_auc" not in classification(LABELS[:3], PREDICTED[:3], PROBABILITIES[:3])
    assert classification(LABELS[:0], PREDICTED[:0], PROBABILITIES[:0]) == {}


def test_a_probability_that_underflowed_costs_what_its_type_can_say():
    certain = np.array([[1.0, 0.0]])
    assert cross_entropy(np.array([1]), certain.astype(np.float32)) == pytest.approx(149 * math.log(2))
    assert cross_entropy(np.array([1]), certain) == pytest.approx(1074 * math.log(2))


def test_the_logarithm_is_taken_in_double_precision():
    tenth = np.float32(0.1)
    assert cross_entropy(np.array([0]), np.array([[tenth]])) == pytest.approx(-math.log(tenth), rel=1e-14)


@pytest.fixture
def runs(tmp_path):
    cells = [Cell("mnist", "plain", 8, seed) for seed in (0, 1, 2)]
    write_run(tmp_path, cells[0], accuracy=0.8)
    write_run(tmp_path, cells[1], accuracy=0.6)
    write_run(tmp_path, cells[2], diverged_step=25)
    return load_runs(tmp_path / "data/runs/mnist", cells)


def test_a_diverged_run_has_chance_accuracy_and_neither_loss_nor_auc(runs):
    diverged = measure_runs(runs).iloc[2]
    assert diverged["diverged"]
    assert diverged["test.accuracy"] == diverged["validation.accuracy"] == pytest.approx(1 / 3)
    assert diverged["train_error"] == pytest.approx(2 / 3)
    undefined = ["train_loss", "test.loss", "test.roc_auc", "validation.loss", "validation.roc_auc"]
    assert diverged[undefined].isna().all()
    assert 0 < diverged["test.macro_f1"] < 0.7


def test_a_diverged_run_with_a_finite_training_loss_still_has_none(runs):
    assert math.isnan(measure_runs([replace(runs[2], train_loss=2.0, train_accuracy=0.9)])["train_loss"][0])


def test_each_split_is_measured_by_its_own_predictions(runs):
    right = {"label": [0, 1], "predicted": [0, 1]}
    wrong = {"label": [0, 1, 2, 2], "predicted": [1, 0, 2, 1]}
    tables = [pd.DataFrame({"split": name, **rows}) for name, rows in (("validation", right), ("test", wrong))]
    predictions = pd.concat(tables).assign(prob_0=0.5, prob_1=0.25, prob_2=0.25)
    measures = measure_runs([replace(runs[0], predictions=predictions)]).iloc[0]
    assert measures[["validation.accuracy", "test.accuracy"]].tolist() == [1, 1 / 4]
    losses = [-math.log(0.5 * 0.25) / 2, -math.log(0.5 * 0.25**3) / 4]
    assert measures[["validation.loss", "test.loss"]].tolist() == pytest.approx(losses)


def test_depths_come_in_their_order(runs):
    at_8 = measure_runs(runs)
    assert list(summarise(pd.concat([at_8.assign(depth=14), at_8]))) == ["depth-8", "depth-14"]


def test_means_over_seeds_take_diverged_runs_into_accuracy_and_leave_them_out_of_loss(runs):
    at_depth = summarise(measure_runs(runs))["depth-8"]
    assert at_depth["runs"] == 3
    assert at_depth["runs_diverged"] == 1
    assert at_depth["test"]["accuracy"] == pytest.approx((0.8 + 0.6 + 1 / 3) / 3)
    assert at_depth["train_error"] == pytest.approx((0.2 + 0.4 + 2 / 3) / 3)
    assert at_depth["train_loss"] == 0.5
    # The right class has probability 0.6 where it is predicted, and 0.2 where it is not.
    right, wrong = -math.log(0.6), -math.log(0.2)
    assert at_depth["test"]["loss"] == pytest.approx(((0.8 + 0.6) * right + (0.2 + 0.4) * wrong) / 2)


def test_a_measure_undefined_in_all_runs_is_left_out(runs):
    at_depth = summarise(measure_runs(runs[2:]))["depth-8"]
    assert set(at_depth["test"]) == {"accuracy", "macro_f1", "macro_precision", "macro_recall"}
    assert "train_loss" not in at_depth


def test_confusion_pools_runs_and_shares_are_of_the_actual_class(runs):
    table = pd.DataFrame({"split": "test", "label": LABELS, "predicted": PREDICTED})
    validation = pd.DataFrame({"split": "validation", "label": [0], "predicted": [2]})
    run = replace(runs[0], classes=("a", "b", "c", "none"), predictions=pd.concat([table, validation]))
    rows = confusion([run, run])
    assert rows["actual"].tolist() == ["a", "b", "c", "none", "a", "b"]
    assert rows["predicted"].tolist() == ["a", "b", "c", "none", "b", "c"]
    assert rows["count"].tolist() == [4, 2, 2, 0, 2, 2]
    assert rows["share"].tolist() == pytest.approx([2 / 3, 1 / 2, 1, np.nan, 1 / 3, 1 / 2], nan_ok=True)
    assert rows["share"].dtype == float


def test_the_confusion_of_many_classes_grows_with_their_images_and_not_with_their_pairs(runs):
    names = tuple(f"class {k}" for k in range(200))
    table = pd.DataFrame({"split": "test", "label": np.arange(200), "predicted": np.arange(200)[::-1]})
    rows = confusion([replace(runs[0], classes=names, predictions=table)])
    assert len(rows) == 400
    assert rows["actual"][:200].tolist() == rows["predicted"][:200].tolist() == list(names)
    assert rows["count"].sum() == 200
    assert rows["share"][200:].tolist() == [1.0] * 200
