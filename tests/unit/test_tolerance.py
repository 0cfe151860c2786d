"""The measures of tolerance to the learning rate, on examples worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from resgrad.tolerance.measure import (
    accuracy_by_rate,
    mean_over,
    tolerance_metrics,
    tolerances,
    widest_range,
)
from resgrad.tolerance.tables import ACCURACY_BY_RATE, TOLERANCES, TRAININGS
from tests.unit.fake_tolerance import RATES, grid, point, table


def measured(*grids):
    return tolerances(table(*grids), target=0.9)


def test_a_grid_becomes_one_row_of_numbers():
    row = measured(grid("residual", 0.6, 1.0, 0.9)).iloc[0]
    assert row[["variant", "depth", "seed"]].tolist() == ["residual", 56, 0]
    # Trapezoids over two decades: (0.6 + 1.0) / 2 and (1.0 + 0.9) / 2.
    assert row["accuracy_over_rates"] == pytest.approx((0.8 + 0.95) / 2)
    assert row["accuracy_at_best_rate"] == 1.0
    assert row["rates_at_target"] == pytest.approx(2 / 3)
    assert row["decades_at_target"] == pytest.approx(1)


def test_the_order_of_the_rates_is_that_of_their_size():
    jumbled = grid("plain", 0.9, 0.6, 1.0, rates=(1.0, 0.01, 0.1))
    pd.testing.assert_frame_equal(measured(jumbled), measured(grid("plain", 0.6, 1.0, 0.9)))


def test_more_accuracy_at_any_rate_is_more_over_all_of_them():
    """It is monotone, also at the ends of the grid; so are the others, though not strictly."""
    generator = np.random.default_rng(0)
    columns = TOLERANCES.schema.names[3:]
    for _ in range(100):
        accuracy = generator.uniform(0.3, 1, 3)
        better = accuracy.copy()
        better[generator.integers(3)] += 0.05
        before, after = (measured(grid("plain", *values)).iloc[0] for values in (accuracy, better))
        assert after["accuracy_over_rates"] > before["accuracy_over_rates"]
        assert all(after[name] >= before[name] for name in columns)


def test_a_part_of_the_range_that_is_sampled_more_densely_counts_no_more():
    coarse = mean_over(np.array([-2.0, -1, 0]), np.array([0.2, 0.4, 0.8]))
    dense = mean_over(np.array([-2.0, -1.75, -1.5, -1, 0]), np.array([0.2, 0.25, 0.3, 0.4, 0.8]))
    assert coarse == pytest.approx((0.3 + 0.6) / 2)
    assert dense == pytest.approx(coarse)


def test_of_one_rate_it_is_the_accuracy_there():
    row = measured(grid("plain", 0.9, rates=(0.1,))).iloc[0]
    assert row[["accuracy_over_rates", "accuracy_at_best_rate", "rates_at_target"]].tolist() == [0.9, 0.9, 1.0]
    assert row["decades_at_target"] == 0


@pytest.mark.parametrize(
    ("reached", "decades"),
    [("11111", 4), ("01110", 2), ("11011", 1), ("10101", 0), ("00000", 0), ("00111", 2), ("11001", 1)],
)
def test_the_range_at_target_has_no_gaps(reached, decades):
    assert widest_range(np.arange(-4.0, 1), np.array([digit == "1" for digit in reached])) == decades


def test_a_diverged_training_guesses():
    diverged = table(grid("plain", 0.8, None, 0.8)).iloc[1]
    assert diverged[["accuracy", "train_error", "diverged", "best_accuracy"]].tolist() == [0.25, 0.75, True, 0.95]
    assert measured(grid("plain", 0.8, None, 0.8))["accuracy_over_rates"][0] == pytest.approx((0.8 + 0.5 + 0.8) / 4)
    at_once = {name: value for name, value in point("plain", 0.1, None).items() if not name.startswith("best")}
    assert math.isnan(table([at_once])["best_accuracy"][0])


def test_rates_have_a_band_over_seeds_and_the_target_beside_them():
    points = grid("plain", 0.2, 0.4, 0.6), grid("plain", 0.4, 0.8, 0.6, seed=7), grid("residual", 1, 1, 0.1)
    rows = accuracy_by_rate(table(*points), target=0.9)
    assert rows["variant"].tolist() == ["plain"] * 3 + ["residual"] * 3
    assert rows["rate"].tolist() == [*RATES] * 2
    assert rows["n"].tolist() == [2] * 3 + [1] * 3
    middle = rows.iloc[1][["accuracy", "accuracy_min", "accuracy_max", "target"]].tolist()
    assert middle == pytest.approx([0.6, 0.4, 0.8, 0.9])


def test_seeds_are_counted_at_their_own_variant_whatever_the_order():
    points = grid("residual", 1, 1, 0.1), grid("plain", 0.2, 0.4, 0.6), grid("plain", 0.4, 0.8, 0.6, seed=7)
    rows = accuracy_by_rate(table(*points), target=0.9)
    assert rows["variant"].tolist() == ["plain"] * 3 + ["residual"] * 3
    assert rows["n"].tolist() == [2] * 3 + [1] * 3
    of = tolerances(table(*points), target=0.9)
    assert of[["variant", "seed"]].to_numpy().tolist() == [["plain", 0], ["plain", 7], ["residual", 0]]


def test_whole_numbers_are_rates_like_any_other():
    assert table(grid("plain", 0.5, 0.5, rates=(1, 3)))["rate"].dtype == float


def test_the_tables_are_those_of_the_room(tmp_path):
    of = table(grid("plain", 0.2, None, 0.6))
    for kind, frame in {
        TRAININGS: of,
        ACCURACY_BY_RATE: accuracy_by_rate(of, 0.9),
        TOLERANCES: tolerances(of, 0.9),
    }.items():
        kind.write(tmp_path / "table.parquet", frame)


def test_what_is_published_are_means_over_seeds_by_which_way_is_better():
    of = measured(grid("plain", 0.2, 0.2, 0.2), grid("plain", 0.4, 0.4, 0.4, seed=7), grid("residual", 1, 1, 1))
    numbers = tolerance_metrics(of)["depth-56"]
    assert numbers["seeds"] == {"plain": 2, "residual": 1}
    assert tolerance_metrics(of.iloc[-1:])["depth-56"]["seeds"] == {"residual": 1}
    assert numbers["higher_is_better"]["accuracy_over_rates"] == pytest.approx({"plain": 0.3, "residual": 1})
    assert numbers["higher_is_better"]["decades_at_target"] == pytest.approx({"plain": 0, "residual": 2})
