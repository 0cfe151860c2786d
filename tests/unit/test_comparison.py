import math
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from resgrad.common.cells import VARIANTS, Cell
from resgrad.comparison.comparison import (
    Comparison,
    about,
    compare,
    compare_by_depth,
    comparison_metrics,
    judge_rows,
)
from resgrad.comparison.findings import correlations, effective_number
from resgrad.comparison.image_tests import ImageTests, compare_on_images
from resgrad.comparison.rows import rows
from resgrad.results.runs import load_runs
from tests.paths import ROOT
from tests.unit.fake_measures import CLEAR, CONFIG, NAMES, NAN, SEEDS, measures, twins
from tests.unit.fake_runs import write_run

IMAGES = ImageTests("leaves", 12, 0.7, 0.6, 0.8, {0: -3.0, 1: -2.0, 2: 0.0})


def compared(table, images=IMAGES):
    by_depth = compare_by_depth(table)
    verdicts = judge_rows(by_depth, CONFIG.alpha)
    return Comparison(int(table["depth"].max()), by_depth, verdicts, images, 0.02, correlations(table))


def test_all_runs_are_compared_by_depth_and_those_of_the_greatest_depth_on_images_and_by_times(tmp_path):
    # At depth 20 residual networks get 48 instead of 30 of 60 test images right, and the target in half the steps; at
    # depth 8 it is the reverse, or equal.
    cells = [Cell("mnist", variant, depth, seed) for depth in (8, 20) for variant in VARIANTS for seed in range(3)]
    for cell in cells:
        write_run(tmp_path, cell, accuracy=0.8 if (cell.variant == "residual") == (cell.depth == 20) else 0.5)
    runs = load_runs(tmp_path / "data/runs/mnist", cells)
    reached = {"reached_target": [1, 1, 1]}
    plain, residual = ({"steps_to_target": [steps] * 3} | reached for steps in (40, 20))
    table = measures(twins(8, plain, plain), twins(20, plain, residual))
    leaves = pd.Series([f"leaf {i % 12}" for i in range(60)], index=[f"test-{i}" for i in range(60)])
    config = CONFIG.model_copy(update={"resamples": 5})  # so few that every seed has an interval of its own
    compared = compare(table, runs, leaves, config, seed=3)
    assert compared.depth == 20
    pd.testing.assert_frame_equal(compared.table, compare_by_depth(table))
    pd.testing.assert_frame_equal(compared.verdicts, judge_rows(compare_by_depth(table), CONFIG.alpha))
    assert compared.images.difference == pytest.approx((48 - 30) / 60)
    assert compared.images == compare_on_images(runs[6:], leaves, resamples=5, seed=3)
    assert compared.images != compare_on_images(runs[6:], leaves, resamples=5, seed=4)
    pd.testing.assert_frame_equal(compared.correlations, correlations(table))
    assert compared.log_rank_p == pytest.approx(2 / 20)  # of 20 ways to assign six runs, the most extreme one


def test_differences_are_taken_within_a_seed():
    row = compare_by_depth(CLEAR).loc[(56, "test_accuracy")]
    assert row[["plain_n", "plain_mean", "plain_sd"]].tolist() == pytest.approx([8, 0.2, math.sqrt(0.06 / 7)])
    # 0.70 five times, 0.71 twice, 0.69 once: 0.01 in all above the mean of 0.70 eighths of it.
    assert row[["n", "difference"]].tolist() == pytest.approx([8, 0.7 + 0.01 / 8])
    # The differences vary by less than a hundredth, the values by a tenth.
    assert 0.001 < row["high"] - row["difference"] < 0.01


def test_every_measure_is_compared_at_every_depth_in_their_order():
    assert compare_by_depth(CLEAR).index.tolist() == [(depth, name) for depth in (20, 56) for name in NAMES]


def test_a_pair_takes_two_values():
    table = measures(twins(8, {"test_loss": [NAN, 2, 3]}, {"test_loss": [1, 1, NAN]}))
    row = compare_by_depth(table).loc[(8, "test_loss")]
    assert row[["plain_n", "residual_n", "n", "difference"]].tolist() == [2, 2, 1, -1]


def verdicts(table, alpha=CONFIG.alpha):
    return judge_rows(compare_by_depth(table), alpha)


def test_a_verdict_looks_at_the_greatest_depth_and_says_which_way():
    clear = verdicts(CLEAR)["verdict"]
    assert clear["performance"] == "residual better"
    swapped = CLEAR.assign(variant=CLEAR["variant"].map({"plain": "residual", "residual": "plain"}))
    assert verdicts(swapped)["verdict"]["performance"] == "residual worse"
    assert verdicts(CLEAR[CLEAR["depth"] == 20])["verdict"]["performance"] == "equal at every seed"


def test_less_is_better_where_the_primary_measure_says_so():
    slow, quick = {"steps_to_target": [10] * SEEDS}, {"steps_to_target": [1, 1.1] + [1] * (SEEDS - 2)}
    assert verdicts(measures(twins(8, slow, quick)))["verdict"]["efficiency"] == "residual better"
    assert verdicts(measures(twins(8, quick, slow)))["verdict"]["efficiency"] == "residual worse"


def test_p_values_are_corrected_for_the_number_of_rows():
    table = verdicts(CLEAR)
    assert len(table) == 6
    assert table["p_holm"]["performance"] == pytest.approx(6 * table["p"]["performance"])
    # All eight differences in accuracy are positive; in steps three are, and the others 0.
    assert table["p"][["performance", "efficiency"]].tolist() == pytest.approx([2 / 2**8, 2 / 2**3])
    assert table["p_holm"]["efficiency"] == 1
    assert table["verdict"]["efficiency"] == "no difference shown"


def test_the_threshold_is_a_parameter():
    mixed = CLEAR.copy()
    mixed.loc[(mixed["variant"] == "plain") & (mixed["seed"] == 0) & (mixed["depth"] == 56), "test_accuracy"] = 0.85
    for alpha, verdict in ((0.2, "residual better"), (6 * 2 * 2 / 2**8, "no difference shown")):
        table = verdicts(mixed, alpha)
        assert table["verdict"]["performance"] == verdict


def test_seven_pairs_cannot_decide_one_of_six_rows_whatever_they_show():
    table = verdicts(CLEAR[CLEAR["seed"] < 7])
    assert table["verdict"]["performance"] == "too few seeds to decide (needs n >= 8)"
    assert table["p"]["performance"] == 2 / 2**7
    assert table["p_holm"].isna().all()
    lenient = verdicts(CLEAR[CLEAR["seed"] < 7], 0.1)
    assert lenient["verdict"]["performance"] == "residual better"


def test_what_is_the_same_at_every_seed_is_said_to_be():
    assert verdicts(CLEAR)["verdict"]["training_time"] == "equal at every seed"
    assert verdicts(CLEAR[CLEAR["seed"] == 0])["verdict"]["training_time"] == "equal at every seed"


def test_a_verdict_is_monotone():
    """Three equal pairs, and then all of them in favour of residual networks: never less than before."""
    better = CLEAR.copy()
    moved = (better["variant"] == "residual") & (better["depth"] == 56)
    better.loc[moved, "steps_to_target"] -= 5
    assert verdicts(CLEAR)["verdict"]["efficiency"] == "no difference shown"
    assert verdicts(better)["verdict"]["efficiency"] == "residual better"


def test_a_variant_alone_has_no_pairs():
    table = verdicts(CLEAR[CLEAR["variant"] == "residual"])
    assert set(table["verdict"]) == {"no pairs"}
    assert table["n"].tolist() == [0] * 6


def test_what_no_run_has_a_value_of_was_not_measured():
    table = verdicts(CLEAR.assign(test_accuracy=NAN))
    assert table["verdict"]["performance"] == "not measured"
    assert table["verdict"].drop("performance").tolist() == verdicts(CLEAR)["verdict"].drop("performance").tolist()


def test_depth_handling_takes_two_depths():
    one = measures(twins(56, {"training_error_gap": [NAN] * 3}, {"training_error_gap": [NAN] * 3}))
    assert verdicts(one)["verdict"]["depth"] == "not enough depths"
    assert verdicts(CLEAR)["verdict"]["depth"] == "equal at every seed"


def test_every_row_has_a_file_of_tests_and_every_such_file_a_row():
    files = Path(__file__).parent.glob("test_row_*.py")
    assert {file.stem.removeprefix("test_row_") for file in files} == set(rows())


COUNTED = r"\b(six|6)[\s\\]+(\w+[\s\\]+)?(rows|aspects|measures|panels|pictures|tests|verdicts)\b"
"""The number of rows, written out where it should be counted; a backslash continues a line of text."""


@pytest.mark.parametrize("pattern", ["src/**/*.py", "stages/*.py", "handbook/*.py", "params.yaml", "dvc.yaml"])
def test_nowhere_is_it_written_how_many_rows_there_are(pattern):
    files = sorted(ROOT.glob(pattern))
    assert files
    written = {str(file): re.search(COUNTED, file.read_text(encoding="utf-8"), re.IGNORECASE) for file in files}
    assert {file: match[0] for file, match in written.items() if match} == {}


@pytest.mark.parametrize("sentence", ["the 6 rows", "Six\nrows", "the six primary \\\nmeasures", "6 panels"])
def test_a_number_of_rows_that_is_written_out_is_found(sentence):
    assert re.search(COUNTED, sentence, re.IGNORECASE)


def test_what_is_published_is_grouped_by_which_way_is_better():
    numbers = comparison_metrics(compared(CLEAR))["depth-56"]
    assert numbers["higher_is_better"]["test_accuracy"] == pytest.approx({"plain": 0.2, "residual": 7.21 / 8})
    assert numbers["lower_is_better"]["steps_to_target"] == {"plain": 40, "residual": 32.5}
    assert numbers["residual_minus_plain"]["steps_to_target"] == -7.5
    assert 10 ** numbers["holm_log10_p"]["test_accuracy"] == pytest.approx(verdicts(CLEAR)["p_holm"]["performance"])
    assert numbers["runs"] == {"plain": SEEDS, "residual": SEEDS}
    assert numbers["test_accuracy_difference_over_leaves"] == {"low": 0.6, "high": 0.8}
    assert numbers["mcnemar_log10_p"] == {"seed-0": -3.0, "seed-1": -2.0, "seed-2": 0.0}
    groups = {"higher": numbers["higher_is_better"], "lower": numbers["lower_is_better"]}
    primaries = {(row.primary.better, row.primary.name) for row in rows().values()}
    assert {(better, name) for better, group in groups.items() for name in group} == primaries | {
        ("higher", "reached_target"),
        ("lower", "flops_to_target_log10"),
        ("lower", "diverged"),
    }


def test_what_is_undefined_is_not_published():
    one_seed = compared(CLEAR[(CLEAR["variant"] == "residual") & (CLEAR["seed"] == 0)], images=None)
    numbers = comparison_metrics(one_seed)["depth-56"]
    assert set(numbers) == {"higher_is_better", "lower_is_better", "runs"}
    assert numbers["runs"] == {"plain": 0, "residual": 1}
    assert numbers["higher_is_better"]["test_accuracy"] == {"residual": 0.8}


def test_a_p_value_below_the_smallest_double_is_published_as_that():
    table = compared(CLEAR)
    table.verdicts.loc["performance", "p_holm"] = 0.0
    assert comparison_metrics(table)["depth-56"]["holm_log10_p"]["test_accuracy"] == pytest.approx(-307.65, abs=0.01)
    assert pd.notna(table.verdicts["p_holm"]).all()


def test_the_tables_come_with_what_they_are_about():
    thresholds = {
        "target": 0.9,
        "alpha": 0.05,
        "pairs_needed": 8,
        "log_rank_floor": 2 / 2001,  # of 12,870 ways to assign sixteen runs, 2,000 are tried
        "lowest_exponent": -100,
        "findings": pytest.approx(effective_number(correlations(CLEAR))),
    }
    always = {"dataset": "mnist", "provenance": "embedded", "depth": 56, **thresholds}
    images = {"images_unit": "leaves", "images_units": 12, "images_difference": 0.7}
    ends = {"images_low": 0.6, "images_high": 0.8}
    assert about(compared(CLEAR), CONFIG, dataset="mnist", provenance="embedded", target=0.9) == {
        **always,
        **images,
        **ends,
        "log_rank_p": 0.02,
    }
    one_leaf = replace(compared(CLEAR, IMAGES._replace(low=NAN, high=NAN)), log_rank_p=NAN)
    assert about(one_leaf, CONFIG, dataset="mnist", provenance="embedded", target=0.9) == always | images
    no_twins = replace(one_leaf, images=None)
    assert about(no_twins, CONFIG, dataset="mnist", provenance="embedded", target=0.9) == always
