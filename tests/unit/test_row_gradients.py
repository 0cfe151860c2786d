import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from resgrad.common.cells import Cell
from resgrad.comparison.rows import gradients
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.models import build_network
from resgrad.results.gradient_flow import CEILING, FLOOR, load_norms, load_verdicts
from tests.unit.model_configs import model_config

THRESHOLDS = VerdictsConfig(vanishing_log10=-3.0, exploding_log10=3.0)
PLAIN, RESIDUAL = Cell("mnist", "plain", 3, 0), Cell("mnist", "residual", 3, 0)


@pytest.fixture
def measure(tmp_path):
    """Measure runs of two convolutions and a head, recorded every 10 steps; all weights and the error have norm 1."""

    def compute(runs, diverged=()):
        for cell, norms in runs.items():
            rows = []
            for step, (first, last, head) in enumerate(norms):
                rows += [
                    (10 * step, "conv1", 0, "conv", "weight", first),
                    (10 * step, "conv2", 1, "conv", "weight", last),
                    (10 * step, "head", 2, "linear", "weight", head),
                    (10 * step, "head", 2, "linear", "bias", 1.0),
                ]
            columns = ["step", "layer", "layer_index", "kind", "param", "grad_norm"]
            table = pd.DataFrame(rows, columns=columns).assign(numel=9, weight_norm=1.0, **cell._asdict())
            table.to_parquet(tmp_path / f"{cell.name}.parquet")
        cells = pd.DataFrame(list(runs)).drop(columns="dataset")
        evidence = SimpleNamespace(
            norms=load_norms(tmp_path, runs),
            verdicts=load_verdicts(tmp_path, runs, THRESHOLDS),
            results=cells.assign(diverged=[cell in diverged for cell in runs]),
        )
        return gradients.measure(evidence).set_index("variant")

    return compute


def test_the_distance_is_that_of_the_layer_furthest_from_1_either_way(measure):
    table = measure({PLAIN: [(1e2, 1, 50)], RESIDUAL: [(1e-4, 1, 50)]})
    assert table["gradient_log10_ratio_early"].to_dict() == pytest.approx({"plain": 2, "residual": -4})
    assert table["signal_distance_early"].to_dict() == pytest.approx({"plain": 2, "residual": 4})


def test_the_spread_is_that_of_the_hidden_layers(tmp_path):
    """Of five layers the first and the last, the head, are left out, and a common factor cancels."""
    rows = [
        (f"conv{index}", index, "conv", "weight", norm, weight)
        for index, (norm, weight) in enumerate([(1e9, 1.0), (10.0, 0.1), (1e-1, 10.0), (1.0, 1.0)])
    ]
    rows += [("head", 4, "linear", "weight", 1e-9, 1.0), ("head", 4, "linear", "bias", 1e-3, 1.0)]
    columns = ["layer", "layer_index", "kind", "param", "grad_norm", "weight_norm"]
    table = pd.DataFrame(rows, columns=columns).assign(numel=9, step=0, **PLAIN._asdict())
    table.to_parquet(tmp_path / f"{PLAIN.name}.parquet")
    verdicts = load_verdicts(tmp_path, [PLAIN], THRESHOLDS)
    assert verdicts["hidden_spread"].tolist() == pytest.approx([4])  # from 10 / 0.1 down to 0.1 / 10


def test_a_gradient_of_0_and_one_that_is_not_finite_are_as_far_apart_as_float32_can_be(tmp_path):
    """Steps: a hidden layer without gradient, then one that overflows beside it, then no hidden layer at all."""
    tables = []
    for step, hidden in enumerate([(0.0, 1.0), (0.0, math.inf), ()]):
        norms = [1.0, *hidden, 1.0]
        rows = [(f"layer{index}", index, "conv", "weight", norm, step) for index, norm in enumerate(norms)]
        rows += [("head", len(norms), "linear", param, 1.0, step) for param in ("weight", "bias")][len(hidden) == 0 :]
        columns = ["layer", "layer_index", "kind", "param", "grad_norm", "step"]
        tables.append(pd.DataFrame(rows, columns=columns).assign(numel=9, weight_norm=1.0, **PLAIN._asdict()))
    pd.concat(tables).to_parquet(tmp_path / f"{PLAIN.name}.parquet")
    verdicts = load_verdicts(tmp_path, [PLAIN], THRESHOLDS)
    assert verdicts["step"].tolist() == [0, 1, 2]
    assert verdicts["hidden_spread"].tolist() == pytest.approx([-FLOOR, CEILING - FLOOR, math.nan], nan_ok=True)


def test_the_spread_early_and_late(measure):
    row = measure({PLAIN: [(1, 1, 1)] * 9}).loc["plain"]
    assert row[["signal_spread_early", "signal_spread_late"]].tolist() == [0, 0]
    assert gradients.ROW.primary.name == "signal_spread_early"


def test_the_spread_does_not_move_with_a_gain_that_normalisation_cancels_and_tells_plain_from_residual():
    """The distance from 1 does: for the plain network of depth 20 it more than doubles from a gain of 1 to 0.1."""

    def ends(residual, gain):
        model = model_config(gain=gain)
        network = build_network(model, depth=20, residual=residual, image_shape=(1, 8, 8), classes=4, seed=0)
        images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        torch.nn.functional.cross_entropy(network(images), torch.arange(16) % 4).backward()
        head = torch.log10(list(network.parameters())[-1].grad.norm())
        weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
        levels = [(torch.log10(weight.grad.norm() / weight.norm()) - head).item() for weight in weights]
        return max(levels[1:-1]) - min(levels[1:-1]), max(map(abs, levels))

    (spread, distance), (same, moved) = ends(False, 1.0), ends(False, 0.1)
    assert same == pytest.approx(spread, rel=0.05)
    assert moved > 1.5 * distance
    assert ends(True, 1.0)[0] < 0.75 * spread


def test_gradients_that_are_small_in_all_layers_alike_are_as_far_as_they_are_small(measure):
    assert measure({PLAIN: [(1e-9, 1e-9, 1e-9)]}).loc["plain", "signal_distance_early"] == pytest.approx(9)


@pytest.mark.parametrize(("norm", "distance"), [(0.0, 44.85), (math.inf, 38.53), (math.nan, 38.53)])
def test_nothing_is_further_than_float32_reaches(measure, norm, distance):
    row = measure({PLAIN: [(norm, norm, norm)]}).loc["plain"]
    assert row["signal_distance_early"] == pytest.approx(distance, abs=0.01)


def test_late_is_the_last_quarter_and_its_shares_are_of_steps_and_layers(measure):
    # Of the steps 0, 10, ... 80, the last quarter is 70 and 80.
    late = [(1e-4, 1, 1), (0.0, 1, 1e4)]
    row = measure({PLAIN: [(1, 1, 1), *[(1e9, 1, 1)] * 6, *late]}).loc["plain"]
    assert row[["vanishing_early", "exploding_early", "bad_layers_early"]].tolist() == [0, 0, 0]
    # A gradient of exactly 0 is further below its threshold than 1e4 is above the other.
    assert row[["vanishing_late", "exploding_late"]].tolist() == [1, 0]
    assert row["bad_layers_late"] == pytest.approx(1 / 6)


def test_verdicts_on_the_initial_weights(measure):
    table = measure({PLAIN: [(1e4, 1, 1)], RESIDUAL: [(1e-4, 1, 1)]})
    assert table["exploding_early"].to_dict() == {"plain": 1, "residual": 0}
    assert table["vanishing_early"].to_dict() == {"plain": 0, "residual": 1}


def test_a_run_that_diverged_before_the_last_quarter_counts_there_at_its_worst(measure):
    table = measure({PLAIN: [(1, 1, 1), (math.nan, 1, 1)], RESIDUAL: [(1, 1, 1)] * 9}, diverged=[PLAIN])
    plain = table.loc["plain"]
    assert plain[["vanishing_late", "exploding_late", "bad_layers_late"]].tolist() == [0, 1, 1]
    assert plain["signal_distance_late"] == pytest.approx(38.53, abs=0.01)
    assert math.isnan(plain["gradient_log10_ratio_late"])
    assert table.loc["residual", ["vanishing_late", "exploding_late", "bad_layers_late"]].tolist() == [0, 0, 0]


def test_a_short_run_that_did_not_diverge_has_no_late_values(measure):
    assert math.isnan(measure({PLAIN: [(1, 1, 1)]}).loc["plain", "exploding_late"])


def test_growth_is_the_factor_per_layer_towards_the_input():
    """Four convolutions of one shape between the ends: 8, 4, 2, 1 halve at every layer."""
    norms = pd.DataFrame(
        {
            **PLAIN._asdict(),
            "step": 0,
            "kind": ["conv"] * 6,
            "layer": [f"conv{i}" for i in range(6)],
            "position": range(1, 7),
            "numel": [27, 9, 9, 9, 9, 40],
            "grad_norm": [1e5, 8, 4, 2, 1, 1e-5],
        }
    )
    norms["log10_norm"] = np.log10(norms["grad_norm"])
    run = {name: [value] for name, value in PLAIN._asdict().items() if name != "dataset"}
    verdicts = pd.DataFrame(
        {**run, "step": 0, "lowest": -1.0, "highest": 0.0, "verdict": "healthy", "hidden_spread": 1.0}
    )
    results = pd.DataFrame({**run, "diverged": False})
    table = gradients.measure(SimpleNamespace(norms=norms, verdicts=verdicts, results=results))
    assert table["gradient_growth_early"].item() == pytest.approx(2)
    assert math.isnan(table["gradient_growth_late"].item())
