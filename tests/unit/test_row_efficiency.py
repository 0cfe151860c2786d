import math
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.comparison.rows import efficiency
from resgrad.comparison.survival import log_rank, smallest_log_rank_p
from resgrad.comparison.targets import times_to_target
from resgrad.results.runs import load_runs
from tests.unit.fake_runs import write_run


@pytest.fixture
def runs(tmp_path):
    """Runs of 4 epochs of 10 steps, evaluated every epoch: after epoch k the accuracy is 0.9 * accuracy * k / 4."""

    def load(plain, residual):
        cells = []
        for variant, settings in (("plain", plain), ("residual", residual)):
            for seed, setting in enumerate(settings):
                cells.append(Cell("mnist", variant, 8, seed))
                write_run(tmp_path, cells[-1], **setting)
        return load_runs(tmp_path / "data/runs/mnist", cells)

    return load


def test_the_first_epoch_at_the_target_counts(runs):
    # 0.9 * 0.8 * k / 4 is 0.18, 0.36, 0.54, 0.72; 0.9 * 1 * k / 4 is 0.225, 0.45, ...
    table = times_to_target(runs([{"accuracy": 0.8}], [{"accuracy": 1.0}]), target=0.45)
    assert table["epochs_to_target"].tolist() == [3, 2]
    assert table["steps_to_target"].tolist() == [30, 20]
    assert table["reached_target"].tolist() == [1, 1]


def test_a_time_is_known_to_the_stretch_between_two_evaluations(runs):
    (run,) = runs([{"accuracy": 0.8}], [])
    within = pd.DataFrame({"step": [5, 10, 15], "validation_accuracy": [0.3, 0.36, 0.5]})
    (row,) = times_to_target([replace(run, evaluations=within)], target=0.45).to_dict("records")
    assert (row["steps_to_target"], row["epochs_to_target"]) == (15, 1.5)


def test_runs_that_never_get_there_count_with_the_budget_of_the_longest(runs):
    diverged = {"accuracy": 1.0, "epochs": 2, "diverged_step": 3}
    table = times_to_target(runs([{"accuracy": 0.4}, diverged], [{"accuracy": 1.0}]), target=0.45)
    assert table["steps_to_target"].tolist() == [40, 40, 20]
    assert table["epochs_to_target"].tolist() == [4, 4, 2]
    assert table["reached_target"].tolist() == [0, 0, 1]


def test_a_run_that_diverged_after_reaching_the_target_reached_it(runs):
    table = times_to_target(runs([{"accuracy": 1.0, "diverged_step": 25}], []), target=0.45)
    assert (table["steps_to_target"][0], table["reached_target"][0]) == (20, 1)


def test_the_log_rank_test_over_all_ways_to_deal_six_runs(runs):
    # Plain: 30 and two censored at 40. Residual: 20, 20, 30.
    # Step 20: 6 at risk, 3 residual, 2 events: expected 1, variance 2 (1/2) (1/2) (4/5) = 0.4.
    # Step 30: 4 at risk, 1 residual, 2 events: expected 0.5, variance 2 (1/4) (3/4) (2/3) = 0.25.
    # Residual has 3 events against 1.5 expected: z = 1.5 / sqrt(0.65). Of 20 ways to assign the six runs only the two
    # in which one variant has both 20s and one of the 30s are as extreme on that side: p = 2 (2 / 20).
    table = times_to_target(
        runs(
            [{"accuracy": 0.8}, {"accuracy": 0.4}, {"accuracy": 0.4}],
            [{"accuracy": 1.0}, {"accuracy": 1.0}, {"accuracy": 0.8}],
        ),
        target=0.45,
    )
    assert log_rank(table) == pytest.approx(0.2)


def test_two_times_are_enough_for_the_log_rank_test(runs):
    # 30, 30 against 20, 20: of the 6 ways to assign four runs, one is as extreme on that side.
    table = times_to_target(runs([{"accuracy": 0.8}] * 2, [{"accuracy": 1.0}] * 2), target=0.45)
    assert log_rank(table) == pytest.approx(2 / 6)


@pytest.mark.parametrize(("plain", "residual"), [(1, 1), (1, 2), (2, 1)])
def test_one_run_of_a_variant_is_not_enough_for_the_log_rank_test(runs, plain, residual):
    table = times_to_target(runs([{"accuracy": 0.8}] * plain, [{"accuracy": 1.0}] * residual), target=0.45)
    assert math.isnan(log_rank(table))


def test_many_runs_have_the_log_rank_tests_usual_p(runs):
    plain = [{"accuracy": accuracy} for accuracy in [0.4] * 8 + [0.8] * 8 + [1.0] * 4]
    residual = [{"accuracy": accuracy} for accuracy in [0.4] * 4 + [0.8] * 6 + [1.0] * 10]
    table = times_to_target(runs(plain, residual), target=0.45)
    # Step 20: 40 at risk, 20 residual, 14 events, 10 residual: expected 7, variance 14 (1/2) (1/2) (26/39) = 7/3.
    # Step 30: 26 at risk, 10 residual, 14 events, 6 residual: expected 70/13, variance 14 (5/13) (8/13) (12/25).
    z = (16 - 7 - 70 / 13) / math.sqrt(7 / 3 + 14 * 5 / 13 * 8 / 13 * 12 / 25)
    p = log_rank(table)
    assert p == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.03)
    # 2000 permutations are tried and the real one counts too: p is twice a share of 2001, and the same every time.
    assert p * 2001 / 2 == pytest.approx(round(p * 2001 / 2), abs=1e-6)
    assert log_rank(table) == p


@pytest.mark.parametrize(("plain", "residual", "floor"), [(3, 3, 2 / 20), (2, 4, 2 / 15), (10, 10, 2 / 2001)])
def test_variants_that_do_not_overlap_have_the_smallest_p(plain, residual, floor):
    variants = ["plain"] * plain + ["residual"] * residual
    steps = [40] * plain + [20] * residual
    times = pd.DataFrame(
        {"variant": variants, "steps_to_target": steps, "reached_target": [0.0] * plain + [1.0] * residual}
    )
    assert log_rank(times) == pytest.approx(floor)
    assert smallest_log_rank_p(plain, residual) == pytest.approx(floor)


@pytest.mark.parametrize("accuracy", [0.4, 0.8])
def test_the_log_rank_test_needs_times_that_differ(runs, accuracy):
    table = times_to_target(runs([{"accuracy": accuracy}] * 2, [{"accuracy": accuracy}] * 2), target=0.45)
    assert math.isnan(log_rank(table))


def test_the_log_rank_test_needs_both_variants(runs):
    table = times_to_target(runs([{"accuracy": 0.8}, {"accuracy": 1.0}], []), target=0.45)
    assert math.isnan(log_rank(table))


def test_the_share_at_the_target_rises_where_runs_reach_it(runs):
    table = times_to_target(
        runs([{"accuracy": 0.4}, {"accuracy": 0.8}], [{"accuracy": 1.0}, {"accuracy": 1.0}]), target=0.45
    )
    shares = efficiency.share_at_target(SimpleNamespace(times=table)).set_index("variant")
    assert shares["depth"].tolist() == [8] * 5
    assert shares.loc["plain", ["step", "share"]].to_numpy().tolist() == [[0, 0], [30, 0.5], [40, 0.5]]
    assert shares.loc["residual", ["step", "share"]].to_numpy().tolist() == [[0, 0], [20, 1]]


def test_the_row_measures_the_times_to_target(runs):
    times = times_to_target(runs([{"accuracy": 0.8}], [{"accuracy": 1.0}]), target=0.45)
    table = efficiency.ROW.measure(SimpleNamespace(times=times))
    assert table[[measure.name for measure in efficiency.ROW.measures]].to_numpy().tolist() == [[30, 3, 1], [20, 2, 1]]
