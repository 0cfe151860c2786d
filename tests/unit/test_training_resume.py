"""A training that is stopped and resumed ends as if nothing had happened, and counts its seconds."""

import itertools
from types import SimpleNamespace

import pytest
import torch

from resgrad.gradients.recorder import Recording
from tests.unit.small_trainings import assert_same, interrupt, trainer


@pytest.mark.parametrize(
    ("optimizer", "model"),
    [
        *((name, {}) for name in ("sgd", "adam", "rmsprop", "adagrad")),
        ("sgd", {"dropout": 0.5}),
        ("sgd", {"shortcut": "stochastic_depth"}),
        ("sgd", {"network": "fully_connected", "dropout": 0.5, "activation": "maxout"}),
        # Parameters without dimensions, of the same shape as Adam's count of steps.
        ("adam", {"shortcut": "rezero", "normalization": "scalar"}),
    ],
)
@pytest.mark.parametrize("after", [2, 4, 9])
def test_an_interrupted_run_ends_as_an_undisturbed_one(tmp_path, optimizer, model, after):
    undisturbed = trainer(tmp_path / "undisturbed", optimizer=optimizer, model=model)
    undisturbed.run("test")
    interrupt(trainer(tmp_path / "run", optimizer=optimizer, model=model), after)
    resumed = trainer(tmp_path / "run", optimizer=optimizer, model=model)
    torch.manual_seed(after)  # another process draws from another state
    resumed.run("test")
    assert_same(resumed, undisturbed)


def test_resuming_goes_on_from_the_last_epoch_and_repeats_nothing_before_it(tmp_path):
    interrupt(trainer(tmp_path / "run"), after=9)
    resumed = trainer(tmp_path / "run")
    taken = []
    take_step = resumed._step
    resumed._step = lambda number, *batch: (taken.append(number), take_step(number, *batch))[1]
    resumed.run("test")
    assert taken == [8, 9, 10, 11]


def test_seconds_add_up_over_epochs_and_over_a_stop(tmp_path, monkeypatch):
    """With a clock that advances by a second at every reading: every activity takes one second."""
    clock = itertools.count()
    monkeypatch.setattr("resgrad.training.loop.time", SimpleNamespace(perf_counter=lambda: next(clock)))
    interrupt(trainer(tmp_path / "run", gradients=None, evaluations_per_epoch=1), after=9)  # in the third epoch
    resumed = trainer(tmp_path / "run", gradients=None, evaluations_per_epoch=1)
    resumed.run("test")
    assert resumed.earlier_seconds == 2 + 2
    assert resumed.progress.seconds == {"training": 3, "evaluation": 3, "recording": 0}
    recorded = trainer(tmp_path / "recorded")
    recorded.run("test")
    assert recorded.earlier_seconds == 0
    assert recorded.progress.seconds["recording"] == 2 * len(recorded.recording.steps)  # before a step, and after


def test_a_run_that_records_nothing_ends_with_the_same_weights_also_after_a_stop(tmp_path):
    recorded, silent = trainer(tmp_path / "recorded"), trainer(tmp_path / "silent", gradients=None)
    recorded.run("test")
    silent.run("test")
    interrupt(trainer(tmp_path / "stopped", gradients=None), after=9)
    resumed = trainer(tmp_path / "stopped", gradients=None)
    resumed.run("test")
    assert_same(resumed, silent)
    for name, tensor in recorded._network.state_dict().items():
        assert torch.equal(tensor, silent._network.state_dict()[name]), name
    assert silent.recording == Recording([])
    assert silent.progress.seconds["recording"] == 0
