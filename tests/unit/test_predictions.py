"""The predictions of a run for every validation and test image."""

import numpy as np
import pytest
import torch

from resgrad.training.results import chance_log_probabilities, predictions_table


def test_a_diverged_run_guesses_uniformly():
    log_probs = chance_log_probabilities(3000, 3, seed=0)
    assert log_probs.exp().numpy() == pytest.approx(np.full((3000, 3), 1 / 3), abs=1e-8)
    shares = torch.bincount(log_probs.argmax(1), minlength=3) / 3000
    assert shares.numpy() == pytest.approx(np.full(3, 1 / 3), abs=0.04)


def test_the_predictions_table_has_a_row_per_image():
    log_probs = torch.tensor([[0.25, 0.75], [0.9, 0.1]]).double().log()
    table = predictions_table(
        {"validation": (["a"], torch.tensor([1]), log_probs[:1]), "test": (["b"], torch.tensor([1]), log_probs[1:])}
    )
    assert table.drop_columns(["prob_0", "prob_1"]).to_pylist() == [
        {"id": "a", "split": "validation", "label": 1, "predicted": 1},
        {"id": "b", "split": "test", "label": 1, "predicted": 0},
    ]
    assert table["prob_0"].to_pylist() == pytest.approx([0.25, 0.9])
