import math

import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.common.frames import to_rows
from resgrad.common.spread import spread
from resgrad.evaluation.curves import learning_curves
from resgrad.results.runs import load_runs
from tests.unit.fake_runs import write_run


def curves(tmp_path, *accuracies, **diverged):
    cells = [Cell("mnist", "plain", 8, seed) for seed in range(len(accuracies) + len(diverged))]
    for cell, accuracy in zip(cells, accuracies, strict=False):
        write_run(tmp_path, cell, accuracy=accuracy)
    for cell in cells[len(accuracies) :]:
        write_run(tmp_path, cell, **diverged)
    return learning_curves(load_runs(tmp_path / "data/runs/mnist", cells)).set_index(["split", "epoch"])


def test_mean_and_ends_over_seeds_at_each_epoch(tmp_path):
    table = curves(tmp_path, 0.4, 0.8)
    assert len(table) == 2 * 4
    row = table.loc[("validation", 2)]
    assert (row["variant"], row["depth"]) == ("plain", 8)
    # Halfway through, a fake run has reached half of its accuracy, and 0.9 of that in validation.
    assert row[["accuracy", "accuracy_min", "accuracy_max"]].tolist() == pytest.approx([0.27, 0.18, 0.36])
    assert row[["loss", "loss_min", "loss_max"]].tolist() == pytest.approx([1.8, 1.7, 1.9])


def test_a_diverged_run_guesses_from_then_on_and_leaves_the_loss(tmp_path):
    # It diverges in its third epoch, and the trainer stops there.
    table = curves(tmp_path, 0.8, diverged_step=25)
    assert table.loc[("train", 2), "accuracy"] == pytest.approx((0.4 + 0.4) / 2)
    assert table.loc[("train", 3), "accuracy"] == pytest.approx((0.6 + 1 / 3) / 2)
    assert table.loc[("train", 4), "accuracy_min"] == pytest.approx(1 / 3)
    assert table.loc[("train", 4), "loss"] == pytest.approx(1.2)


def test_a_run_that_stopped_early_guesses_up_to_the_last_epoch_of_the_longest(tmp_path):
    cells = [Cell("mnist", "plain", 8, 0), Cell("mnist", "plain", 8, 1)]
    write_run(tmp_path, cells[0], accuracy=0.8, epochs=4)
    write_run(tmp_path, cells[1], epochs=1, diverged_step=3)
    table = learning_curves(load_runs(tmp_path / "data/runs/mnist", cells)).set_index(["split", "epoch"])
    assert table.loc["train", "accuracy_min"].tolist() == pytest.approx([0.2, 1 / 3, 1 / 3, 1 / 3])


def test_without_any_finite_loss_rows_stay_and_say_nothing(tmp_path):
    rows = to_rows(curves(tmp_path, diverged_step=0).reset_index())
    assert len(rows) == 8
    assert all(row["loss"] is None and row["accuracy"] == pytest.approx(1 / 3) for row in rows)


def test_all_rows_of_a_plot_have_all_keys_and_plain_numbers():
    frame = pd.DataFrame({"n": [1, 2], "x": [math.nan, 0.5], "name": ["a", "b"]})
    rows = to_rows(frame)
    assert rows == [{"n": 1, "x": None, "name": "a"}, {"n": 2, "x": 0.5, "name": "b"}]
    assert type(rows[0]["n"]) is int


def test_spread_of_none_one_and_three():
    assert spread([math.nan]) == {"n": 0}
    assert spread([2.0, math.nan]) == {"n": 1, "mean": 2.0}
    assert spread([1.0, 2.0, 6.0]) == pytest.approx({"n": 3, "mean": 3.0, "sd": math.sqrt((4 + 1 + 9) / 2)})
