import math

import numpy as np
import pandas as pd
import pytest

from resgrad.common.files import write_json
from resgrad.evaluation import gradient_heatmap
from resgrad.evaluation.gradient_heatmap import heat_map
from resgrad.results.gradient_flow import FLOOR


def norms_of(log10_norms):
    """Make norms of one variant from ``{seed: {step: [log10 of the norm by position]}}``."""
    rows = [
        ("plain", 2, seed, step, f"conv{position}", position, log10)
        for seed, steps in log10_norms.items()
        for step, layers in steps.items()
        for position, log10 in enumerate(layers, start=1)
    ]
    return pd.DataFrame(rows, columns=["variant", "depth", "seed", "step", "layer", "position", "log10_norm"])


def test_a_map_has_a_row_per_layer_with_the_geometric_mean_over_seeds_at_each_step():
    mapped = heat_map(norms_of({0: {0: [2, -1], 10: [1, 0]}, 1: {0: [4, -3], 10: [1, 1]}}))
    assert mapped.to_dict("records") == [
        {"variant": "plain", "depth": 2, "position": 1, "layer": "conv1", "step": [0, 10], "log10_norm": [3, 1]},
        {"variant": "plain", "depth": 2, "position": 2, "layer": "conv2", "step": [0, 10], "log10_norm": [-2, 0.5]},
    ]


def test_a_map_against_a_slow_computation():
    generator = np.random.default_rng(0)
    values = {seed: {step: list(generator.normal(size=7)) for step in range(0, 50, 5)} for seed in range(3)}
    mapped = heat_map(norms_of(values)).set_index("position")
    for position in range(1, 8):
        for step, log10 in zip(*mapped.loc[position, ["step", "log10_norm"]], strict=True):
            total = sum(values[seed][step][position - 1] for seed in range(3))
            assert log10 == pytest.approx(total / 3, abs=0.0051)


def test_norms_that_are_not_finite_are_left_out_and_zeros_are_as_small_as_float32_gets():
    mapped = heat_map(norms_of({0: {0: [math.nan, math.nan]}, 1: {0: [1.5, math.nan]}, 2: {0: [FLOOR, math.nan]}}))
    first, second = mapped["log10_norm"]
    assert first == [pytest.approx((1.5 - 44.85) / 2, abs=0.01)]
    assert second == [None]


def test_a_run_that_stopped_early_counts_while_it_lasts():
    mapped = heat_map(norms_of({0: {0: [0], 10: [0], 20: [0]}, 1: {0: [-2]}}))
    assert mapped.loc[0, ["step", "log10_norm"]].tolist() == [[0, 10, 20], [-1, 0, 0]]


def test_neighbouring_steps_are_taken_together_where_there_are_more_than_a_picture_can_show(monkeypatch):
    monkeypatch.setattr(gradient_heatmap, "CELLS", 7)  # 3 columns of 2 layers
    steps = {step: [step, -step] for step in (0, 10, 20, 30, 40, 50, 55)}
    mapped = heat_map(norms_of({0: steps}))
    assert mapped["step"].tolist() == [[0, 30, 55]] * 2
    assert mapped["log10_norm"].tolist() == [[10, 40, 55], [-10, -40, -55]]


def test_the_file_of_a_deep_and_long_study_stays_small(tmp_path):
    steps = {step: list(np.full(110, -step / 999)) for step in range(0, 2000, 10)}
    frame = heat_map(norms_of({0: steps})).assign(panel="embedded plantvillage · depth 110")
    write_json(tmp_path / "map.json", frame.to_dict("records"))
    assert (tmp_path / "map.json").stat().st_size < 150_000
