"""The training loop on a few images: what it learns, evaluates, records and draws, and when it diverges."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from resgrad.common.cells import Cell
from resgrad.gradients.table import write_table
from resgrad.training.evaluation import log_probabilities
from resgrad.training.loop import stretches
from tests.unit.gradient_configs import gradients_config
from tests.unit.small_trainings import assert_same, split, trainer

CELL = Cell("mnist", "residual", 8, 0)


def test_training_learns_the_three_classes(tmp_path):
    run = trainer(tmp_path / "run", epochs=25)
    run.run("test")
    assert run.progress.history[-1]["validation_accuracy"] >= 0.9
    assert run.progress.history[-1]["train_loss"] < 0.5 * run.progress.history[0]["train_loss"]


def test_looking_at_the_validation_images_more_often_changes_nothing_but_how_much_is_seen(tmp_path):
    once, often = (trainer(tmp_path / f"{times}", evaluations_per_epoch=times) for times in (1, 3))
    once.run("once")
    often.run("often")
    assert often.progress.losses == once.progress.losses
    assert often.progress.history == once.progress.history
    assert [row["step"] for row in once.progress.evaluations] == [4, 8, 12]
    assert [row["step"] for row in often.progress.evaluations] == [1, 2, 4, 5, 6, 8, 9, 10, 12]
    seen = {row["step"]: row["validation_accuracy"] for row in often.progress.evaluations}
    assert all(seen[row["step"]] == row["validation_accuracy"] for row in once.progress.history)


@pytest.mark.parametrize(("steps", "evaluations", "expected"), [(10, 4, [2, 3, 2, 3]), (2, 4, [1, 1]), (7, 1, [7])])
def test_evaluations_are_spread_over_an_epoch(steps, evaluations, expected):
    assert stretches(steps, evaluations) == expected


def test_history_has_a_row_per_epoch_and_a_loss_per_step(tmp_path):
    run = trainer(tmp_path / "run")
    run.run("test")
    assert [row["epoch"] for row in run.progress.history] == [1, 2, 3]
    assert [row["step"] for row in run.progress.history] == [4, 8, 12]
    assert len(run.progress.losses) == 12
    assert all(0 <= row[f"{split}_accuracy"] <= 1 for row in run.progress.history for split in ("train", "validation"))
    first = run.progress.history[0]
    assert first["train_loss"] == pytest.approx(sum(run.progress.losses[:4]) / 4)
    assert run.recording.steps == [0, 3, 6, 9, 11]
    assert run.recording.epochs == [1, 1, 2, 3, 3]
    assert sorted(run.recording.snapshots) == [0, 11]


def test_what_draws_inside_a_network_draws_anew_at_every_step(tmp_path):
    runs = []
    for state in (0, 1):  # any random state that the process may have
        run = trainer(tmp_path / f"run-{state}")
        drawn = []

        def draw(network, _images, drawn=drawn):
            if network.training:
                drawn.append(torch.rand(()).item())

        run._network.register_forward_pre_hook(draw)
        torch.manual_seed(state)
        run.run("test")
        runs.append(drawn)
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == len(runs[0]) == 12


def test_what_draws_inside_a_network_depends_on_the_seed(tmp_path):
    runs = []
    for seed in (0, 1):
        run = trainer(tmp_path / f"run-{seed}")
        run._seed = seed
        drawn = []
        run._network.register_forward_pre_hook(lambda _network, _images, drawn=drawn: drawn.append(torch.rand(())))
        run.run("test")
        runs.append(drawn)
    assert runs[0] != runs[1]


def test_a_run_that_diverges_in_a_later_epoch_counts_its_steps_from_the_first(tmp_path):
    run = trainer(tmp_path / "run", epochs=5)
    take_step = run._step

    def step(number, *batch):
        if number == 6:
            with torch.no_grad():
                run._network.head.weight.fill_(math.nan)
        return take_step(number, *batch)

    run._step = step
    run.run("test")
    assert run.progress.diverged_step == 6
    assert run.progress.epoch == 2


def test_what_draws_inside_a_network_changes_nothing_that_is_drawn_for_its_images(tmp_path):
    seen = {}
    for dropout in (0.0, 0.5):
        run = trainer(tmp_path / f"run-{dropout}", model={"dropout": dropout})
        images = seen[dropout] = []
        run._network.register_forward_pre_hook(lambda _network, inputs, images=images: images.append(inputs[0]))
        run.run("test")
    assert all(torch.equal(one, other) for one, other in zip(*seen.values(), strict=True))


def test_a_run_that_diverges_stops_and_says_where(tmp_path):
    run = trainer(tmp_path / "run", learning_rate=1e30, schedule="constant", epochs=5)
    run.run("test")
    step = run.progress.diverged_step
    assert step is not None
    assert not math.isfinite(run.progress.losses[step])
    assert all(math.isfinite(loss) for loss in run.progress.losses[:step])
    assert run.progress.epoch == len(run.progress.history) < 5
    assert all(math.isfinite(value) for row in run.progress.history for value in row.values())
    again = trainer(tmp_path / "run", learning_rate=1e30, schedule="constant", epochs=5)
    again.run("test")
    assert_same(run, again)


def test_the_precision_is_the_one_asked_for(tmp_path):
    runs = [trainer(tmp_path / name, epochs=1, precision=name) for name in ("float32", "bfloat16")]
    for run in runs:
        run.run("test")
    assert runs[0].progress.losses != runs[1].progress.losses
    assert runs[0].progress.losses == pytest.approx(runs[1].progress.losses, rel=0.05)


def test_a_run_whose_validation_alone_is_not_finite_has_diverged_too(tmp_path, monkeypatch):
    nothing = torch.full((12, 3), float("nan"), dtype=torch.float64)
    monkeypatch.setattr("resgrad.training.loop.log_probabilities", lambda *_: nothing)
    run = trainer(tmp_path / "run")
    run.run("test")
    assert all(math.isfinite(loss) for loss in run.progress.losses)
    assert run.progress.diverged_step == len(run.progress.losses) == 4
    assert "validation_loss" not in run.progress.history[0]


def test_each_epoch_of_a_training_shows_other_batches(tmp_path):
    run = trainer(tmp_path / "run")
    seen = []
    take_step = run._step
    run._step = lambda number, images, labels: (seen.append(images), take_step(number, images, labels))[1]
    run.run("test")
    epochs = [torch.cat(seen[start : start + 4]) for start in (0, 4, 8)]
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[1], epochs[2])


def test_a_statistic_goes_from_its_file_to_the_table_of_a_training(tmp_path, add_statistic):
    add_statistic("size", "return step.gradients.sizes", "pa.int64()")
    add_statistic("both", "return np.stack([step.gradients.norms, step.updates.norms], 1)", "pa.list_(pa.float64(), 2)")
    names = ["size", "grad_norm", "both", "update_norm"]
    run = trainer(tmp_path / "run", epochs=1, gradients=gradients_config(every=3, statistics=names))
    run.run("test")
    write_table(tmp_path / "table.parquet", CELL, run.recording, names)
    table = pd.read_parquet(tmp_path / "table.parquet")
    assert table.columns.tolist()[-5:] == ["numel", *names]
    assert len(table) == len(run.recording.steps) * len(run.recording.tensors)
    assert table["size"].tolist() == table["numel"].tolist()
    np.testing.assert_array_equal(np.stack(table["both"]), table[["grad_norm", "update_norm"]])


def test_clipping_bounds_the_update_but_not_the_recorded_gradient(tmp_path):
    free = trainer(tmp_path / "free", epochs=1, momentum=0.0, weight_decay=0.0)
    clipped = trainer(tmp_path / "clipped", epochs=1, momentum=0.0, weight_decay=0.0, clip_norm=1e-3)
    for run in (free, clipped):
        run.run("test")
    first = [{name: values[0] for name, values in run.recording.columns.items()} for run in (free, clipped)]
    np.testing.assert_array_equal(first[0]["grad_norm"], first[1]["grad_norm"])
    rate = clipped.progress.rates[0]
    assert np.linalg.norm(first[1]["update_norm"]) == pytest.approx(rate * 1e-3, rel=1e-3)
    assert np.linalg.norm(first[0]["update_norm"]) > 10 * rate * 1e-3


def test_evaluation_uses_the_running_statistics_and_leaves_them_alone(tmp_path):
    run = trainer(tmp_path / "run")
    before = {name: tensor.clone() for name, tensor in run._network.state_dict().items()}
    images = split(12, seed=1)
    whole = log_probabilities(run._network, images)
    run._network.eval()
    with torch.no_grad():
        single = torch.cat([run._network(image) for image, _ in images.in_order(1)])
    torch.testing.assert_close(whole, single.double().log_softmax(1), rtol=1e-5, atol=1e-6)
    assert all(torch.equal(before[name], tensor) for name, tensor in run._network.state_dict().items())
    assert whole.exp().sum(1) == pytest.approx(np.ones(12))
