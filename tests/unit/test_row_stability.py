import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from resgrad.common.cells import Cell
from resgrad.comparison.rows import stability
from resgrad.results.runs import load_runs
from resgrad.tolerance import measure as tolerance
from tests.unit.fake_runs import write_run
from tests.unit.fake_tolerance import grid, table

STEPS = 300


def tolerances(*grids):
    """Return the tolerances of networks of depth 8, for instance with accuracies 0.2, 0.4 and 0.4 at the rates."""
    return tolerance.tolerances(table(*grids), target=0.4).assign(depth=8)


def noisy(scale, seed=0):
    """A loss that falls from 2 to 0.02 along an exponential, with log-normal noise."""
    noise = np.random.default_rng(seed).normal(size=STEPS)
    return np.geomspace(2, 0.02, STEPS) * np.exp(scale * noise)


@pytest.fixture
def measure(tmp_path):
    cell = Cell("mnist", "plain", 8, 0)
    write_run(tmp_path, cell)
    (run,) = load_runs(tmp_path / "data/runs/mnist", [cell])

    def compute(*losses, **changes):
        runs = [
            replace(run, cell=cell._replace(seed=seed), losses=loss, steps=len(loss), **changes)
            for seed, loss in enumerate(losses)
        ]
        return stability.measure(SimpleNamespace(runs=runs, tolerances=tolerances(grid("plain", 0.2, 0.4, 0.4))))

    return compute


def test_the_variance_about_the_trend_is_that_of_the_noise_however_far_the_loss_falls(measure):
    table = measure(noisy(0.1), noisy(0.3, seed=1))
    # Of 300 draws, the sample variance has a relative standard deviation of sqrt(2 / 300); the trend takes a little.
    assert table["loss_variance_log10"].tolist() == pytest.approx([2 * math.log10(0.1), 2 * math.log10(0.3)], abs=0.1)


def test_the_variance_is_that_of_the_distances_from_the_trend_with_n_less_1_in_the_denominator(measure):
    losses = noisy(0.1)
    distances = np.log(losses) - np.log(stability.loss_and_trend(losses)["trend"])
    variance = sum((distances - distances.mean()) ** 2) / (STEPS - 1)
    assert measure(losses)["loss_variance_log10"][0] == pytest.approx(math.log10(variance), rel=1e-9)


def test_a_bend_of_the_loss_bends_the_trend_over_a_fifth_of_the_steps():
    from_the_bend = np.abs(np.arange(STEPS) - STEPS // 2)
    logarithm = from_the_bend / 150
    above = np.log(stability.loss_and_trend(np.exp(logarithm))["trend"]) - logarithm
    assert np.abs(above[from_the_bend > STEPS / 10]).max() < 1e-6
    assert above[from_the_bend == 0].item() > 0.1


def test_a_spike_lies_more_than_seven_robust_deviations_above_the_trend():
    # The noise alternates between 0.1 and -0.1: its robust standard deviation is 0.14826, seven of them 1.0378.
    logarithm = np.resize([0.1, -0.1], STEPS)
    logarithm[[100, 200]] = 0.98, 1.1
    logarithm[[5, 295]] = 1.1  # near the ends too, where half of the window is missing
    assert np.flatnonzero(stability.loss_and_trend(np.exp(logarithm))["spike"]).tolist() == [5, 200, 295]


def test_the_trend_is_what_the_noise_was_put_on():
    table = stability.loss_and_trend(noisy(0.1))
    assert table["step"].tolist() == list(range(STEPS))
    assert np.abs(np.log(table["trend"] / np.geomspace(2, 0.02, STEPS))).max() < 0.1


def test_steps_far_above_the_trend_are_spikes_and_those_far_below_are_not(measure):
    losses = noisy(0.1)
    losses[[50, 200]] *= np.exp(0.1 * 12)
    losses[120] *= np.exp(0.1 * -12)
    table = stability.loss_and_trend(losses)
    assert np.flatnonzero(table["spike"]).tolist() == [50, 200]
    row = measure(losses).iloc[0]
    assert row["loss_spikes"] == 2
    assert row["unsteady_steps"] == pytest.approx(2 / STEPS)


def test_noise_alone_has_no_spikes_at_any_size(measure):
    table = measure(*(noisy(scale, seed) for seed, scale in enumerate((0.01, 0.1, 0.5))))
    assert table["loss_spikes"].tolist() == [0, 0, 0]


def test_nor_has_noise_in_the_shortest_run_that_has_a_trend():
    generator = np.random.default_rng(0)
    runs = [np.exp(0.1 * generator.normal(size=stability.FEWEST)) for _ in range(300)]
    with_spikes = sum(stability.loss_and_trend(losses)["spike"].any() for losses in runs)
    assert with_spikes <= 300 / 50
    assert stability.loss_and_trend(runs[0])["trend"].notna().all()
    assert stability.loss_and_trend(runs[0][:-1])["trend"].isna().all()


def test_what_counts_as_a_spike_follows_the_noise_around_it():
    # The noise is ten times as large in the second half: a spike of the first half is none there.
    noise = np.random.default_rng(0).normal(size=STEPS) * np.where(np.arange(STEPS) < STEPS / 2, 0.02, 0.2)
    losses = np.exp(noise)
    losses[[40, 260]] = np.exp(0.3)
    assert np.flatnonzero(stability.loss_and_trend(losses)["spike"]).tolist() == [40]


def test_the_steps_that_a_diverged_run_lost_are_unsteady(measure):
    diverged = noisy(0.1)[:120]
    diverged[90:] = math.nan
    table = measure(noisy(0.1), diverged, diverged=True)
    assert table["unsteady_steps"].tolist() == pytest.approx([0, (STEPS - 90) / STEPS])
    assert math.isfinite(table["loss_variance_log10"][1])
    assert table["diverged"].tolist() == [1, 1]


def test_a_run_that_diverged_at_once_has_no_steady_step_and_no_variance(measure):
    table = measure(noisy(0.1), np.array([2.0, math.inf, math.nan]), diverged=True)
    assert table["unsteady_steps"][1] == pytest.approx((STEPS - 1) / STEPS)
    assert math.isnan(table["loss_variance_log10"][1])


@pytest.mark.parametrize("losses", [np.full(STEPS, 2.3), np.zeros(STEPS)])
def test_a_loss_that_stands_still_has_no_spikes_and_no_variance(measure, losses):
    row = measure(losses).iloc[0]
    assert row["unsteady_steps"] == 0
    assert math.isnan(row["loss_variance_log10"])


def test_a_variance_is_told_from_the_rounding_of_float32(measure):
    table = measure(noisy(1e-4), noisy(1e-8))
    assert table["loss_variance_log10"][0] == pytest.approx(2 * math.log10(1e-4), abs=0.1)
    assert math.isnan(table["loss_variance_log10"][1])


def test_few_steps_have_no_trend():
    table = stability.loss_and_trend(np.array([2.0, 1.0, 30.0]))
    assert table["trend"].isna().all()
    assert not table["spike"].any()


def test_losses_come_with_their_runs(tmp_path):
    cells = [Cell("mnist", "plain", 8, 0), Cell("mnist", "residual", 8, 0)]
    write_run(tmp_path, cells[0], diverged_step=25)
    write_run(tmp_path, cells[1])
    table = stability.losses(SimpleNamespace(runs=load_runs(tmp_path / "data/runs/mnist", cells)))
    assert table.groupby("variant")["step"].max().to_dict() == {"plain": 24, "residual": 39}


def test_the_tolerance_to_the_learning_rate_has_seeds_of_its_own(measure):
    runs = measure(noisy(0.1), noisy(0.1)).set_index("seed")
    assert runs["accuracy_over_rates"].tolist() == pytest.approx([0.35, math.nan], nan_ok=True)
    assert runs.loc[0, ["rates_at_target", "decades_at_target"]].tolist() == pytest.approx([2 / 3, 1])
    assert runs["unsteady_steps"].notna().all()


def test_a_seed_of_the_tolerance_alone_has_nothing_else(tmp_path):
    cell = Cell("mnist", "plain", 8, 0)
    write_run(tmp_path, cell)
    runs = load_runs(tmp_path / "data/runs/mnist", [cell])
    grids = (grid(variant, 0.5, 0.5, 0.5, seed=7) for variant in ("plain", "residual"))
    rows = stability.measure(SimpleNamespace(runs=runs, tolerances=tolerances(*grids)))
    assert rows[["variant", "seed"]].to_numpy().tolist() == [["plain", 0], ["plain", 7], ["residual", 7]]
    assert rows["accuracy_over_rates"].isna().tolist() == [True, False, False]
    assert rows["unsteady_steps"].isna().tolist() == [False, True, True]
