import re

import pytest

from resgrad.comparison.comparison import Comparison, compare_by_depth, judge_rows
from resgrad.comparison.findings import correlations
from resgrad.comparison.image_tests import ImageTests
from resgrad.comparison.rows import rows
from resgrad.comparison.rows.depth import degradation
from resgrad.report.comparison.page import to_markdown
from tests.unit.fake_measures import CLEAR, CONFIG, NAMES
from tests.unit.rooms import comparison_room

IMAGES = ImageTests("leaves", 12, 0.7, 0.61, 0.82, {0: -3.04, 1: -2.0, 2: 0.0})


@pytest.fixture
def markdown(tmp_path):
    """Return a function that writes the page of a comparison."""

    def write(table=CLEAR, images=IMAGES, log_rank_p=0.0204, provenance="embedded"):
        by_depth = compare_by_depth(table)
        verdicts, moving = judge_rows(by_depth, CONFIG.alpha), correlations(table)
        comparison = Comparison(int(table["depth"].max()), by_depth, verdicts, images, log_rank_p, moving)
        tests = degradation(table, CONFIG.alpha)
        return to_markdown(comparison_room(tmp_path / "room", comparison, provenance, tests))

    return write


def tables(text):
    """The rows of each table, by its first header."""
    found = {}
    for block in text.split("\n\n"):
        if block.startswith("|"):
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
            found.setdefault((rows[0][0], len(rows[0])), rows[2:])
    return found


def test_it_opens_with_what_the_data_are(markdown):
    title, data, *_ = markdown().split("\n\n")
    assert title == "# mnist (embedded): plain against residual"
    assert "not mnist results" in data
    assert "not mnist results" not in markdown(provenance="official")


def test_the_closing_table_has_the_studys_rows_with_verdicts(markdown):
    rows = tables(markdown())[("aspect", 4)]
    assert [row[0].split(":")[0] for row in rows] == [
        "training efficiency",
        "performance",
        "gradient challenges",
        "training time",
        "depth handling",
        "training stability",
    ]
    efficiency, performance, *_ = rows
    assert efficiency == [
        "training efficiency: steps to target ↓",
        "40 ± 0 (n=8)",
        "32 ± 12 (n=8)",
        "**no difference shown** (p = 1.000)",
    ]
    assert performance[1:] == ["0.200 ± 0.093 (n=8)", "0.901 ± 0.090 (n=8)", "**residual better** (p = 0.047)"]


def test_what_so_few_seeds_could_not_decide_says_how_many_could_and_has_no_p(markdown):
    text = markdown(CLEAR[CLEAR["seed"] < 3])
    performance = tables(text)[("aspect", 4)][1]
    assert performance[3] == "**too few seeds to decide (needs n >= 8)**"
    assert "so that 8 are needed to decide anything" in text
    tests = {row[0]: row for row in tables(text)[("aspect", 6)]}
    assert tests["performance"][-2:] == ["0.250", ""]


def test_each_variant_is_tested_against_itself(markdown):
    worse = CLEAR.copy()
    deep = worse["depth"] == 56
    worse.loc[deep, "training_error_gap"] = 0.1 + 0.01 * worse["seed"]
    worse.loc[deep & (worse["variant"] == "residual"), "test_error_gap"] = 0.0
    rows = tables(markdown(worse))[("variant", 7)]
    assert [row[:3] for row in rows] == [
        ["plain", "training error", "8"],
        ["plain", "test error", "8"],
        ["residual", "training error", "8"],
        ["residual", "test error", "8"],
    ]
    assert rows[2][3].startswith("+0.135 [")
    assert [row[-1] for row in rows[2:]] == ["**deeper is worse**", "**equal at every seed**"]
    assert "Does depth make" not in markdown(CLEAR[CLEAR["depth"] == 20])


def test_how_many_findings_the_rows_are(markdown):
    twice = CLEAR.assign(training_error_gap=1 - CLEAR["test_accuracy"])
    text = " ".join(markdown(twice).split())
    assert "closest are performance and depth handling, at a correlation of -1.00." in text
    assert re.search(r"At depth 56 they amount to [12]\.\d: ", text)
    assert "amount to" not in markdown(CLEAR[CLEAR["seed"] == 0])


def test_the_target_is_said_and_who_reached_it(markdown):
    assert "a validation accuracy of 0.9; 0 of 8 plain and 3 of 8 residual runs reach it" in " ".join(
        markdown().split()
    )


def test_the_tests_have_pairs_intervals_effect_and_both_p_values(markdown):
    rows = {row[0]: row for row in tables(markdown())[("aspect", 6)]}
    # Differences -30, -20, -10 and five times 0: mean -7.5, standard deviation 11.65; t quantile 2.365, 7 degrees.
    n, difference, effect, p, p_holm = rows["training efficiency"][1:]
    assert (n, difference) == ("8", "-8 [-17, +2]")
    assert effect.startswith("-0.57 [")  # -7.5 / 11.65, corrected for bias
    assert (p, p_holm) == ("0.250", "1.000")
    assert rows["training stability"][2:6] == ["+0.000", "undefined", "1.000", "1.000"]


def test_other_tests_have_a_line_each(markdown):
    text = markdown()
    assert "* Steps to target, log-rank test over permuted runs, not paired: p = 0.020." in text
    assert "over 12 resampled leaves or stretches of captures: +0.700 [+0.610, +0.820]." in text
    assert "log10 p: -3.0 (seed 0), -2.0 (seed 1), 0.0 (seed 2). It takes photographs of one leaf as indep" in text
    text = markdown(images=IMAGES._replace(unit="images", mcnemar_log10_p={}), log_rank_p=2 / 2001)
    assert "not paired: p < 0.001, the smallest that so few runs can have." in text
    assert "over 12 resampled images: " in text
    assert "log10 p: none.\n" in text


def test_every_measure_has_a_line_at_every_depth(markdown):
    lines = tables(markdown())[("depth", 5)]
    labels = [measure.label for row in rows().values() for measure in row.measures]
    assert [line[:2] for line in lines] == [[depth, label] for label in labels for depth in ("20", "56")]
    assert len(lines) == 2 * len(NAMES)


def test_every_row_is_defined_and_says_its_primary_measure(markdown):
    text = markdown().split("## What is measured")[1]
    for row in rows().values():
        assert f"**{row.title.capitalize()}.** " in text
        assert "Primary: " in row.definition
        assert "cannot see" in " ".join(row.definition.split())
    assert "He, Zhang, Ren and Sun" in text


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_variant_alone_has_its_values_and_no_verdicts(markdown, seeds):
    alone = CLEAR[(CLEAR["variant"] == "residual") & (CLEAR["seed"] < seeds)]
    text = markdown(alone, images=None, log_rank_p=float("nan"))
    performance = tables(text)[("aspect", 4)][1]
    assert performance[1] == "undefined"
    assert performance[2].startswith("0.903 ± 0.100" if seeds == 3 else "0.800 (n=1)")
    assert performance[3] == "**no pairs**"
    assert "0 of 0 plain" in text
    assert "log-rank test over permuted runs, not paired: undefined" in text
    assert not re.search(r"\bnan\b", text)
