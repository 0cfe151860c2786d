"""What is written of a training at another learning rate."""

import json
from types import SimpleNamespace

import pytest

from resgrad.tolerance import outcome
from resgrad.tolerance.config import Point


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Return a function that writes the outcome of a training with these validation accuracies, a row each."""
    monkeypatch.setattr(outcome, "log_probabilities", lambda *_: None)
    monkeypatch.setattr(outcome, "score", lambda *_: SimpleNamespace(accuracy=0.75))

    def write(*accuracies, diverged_step=None):
        history = [
            {"validation_accuracy": accuracy, **({} if loss is None else {"validation_loss": loss})}
            for accuracy, loss in accuracies
        ]
        result = SimpleNamespace(
            progress=SimpleNamespace(history=history, diverged_step=diverged_step),
            diverged=diverged_step is not None,
            network=None,
        )
        outcome.write_outcome(tmp_path / "out.json", Point("plain", 0.1, 0), 8, result, SimpleNamespace(labels=None))
        return json.loads((tmp_path / "out.json").read_text())

    return write


def test_the_last_accuracy_is_how_it_ended_and_the_best_stands_beside_it(written):
    values = written((0.2, 2.0), (0.9, 1.0), (0.6, 1.5), (0.5, 1.4))
    assert values == {
        "variant": "plain",
        "rate": 0.1,
        "seed": 0,
        "depth": 8,
        "best_validation_accuracy": 0.9,
        "validation_accuracy": 0.5,
        "train_error": 0.25,
    }


def test_an_epoch_without_a_loss_is_one_of_a_diverged_training_and_does_not_count(written):
    values = written((0.4, 2.0), (0.95, None), diverged_step=7)
    assert values["best_validation_accuracy"] == 0.4
    assert values["diverged_step"] == 7
    assert "validation_accuracy" not in values
    assert "train_error" not in values
