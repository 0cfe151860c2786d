import re

import pandas as pd
import pytest

from resgrad.comparison.comparison import Comparison, compare_by_depth, judge_rows
from resgrad.comparison.image_tests import ImageTests
from resgrad.comparison.rows import rows
from resgrad.report.comparison.page import to_markdown
from tests.unit.fake_measures import CLEAR, CONFIG, NAMES
from tests.unit.rooms import comparison_room

IMAGES = ImageTests("leaves", 12, 0.7, 0.61, 0.82, {0: -3.04, 1: -2.0, 2: 0.0})


@pytest.fixture
def markdown(tmp_path):
    """Return a function that writes the page of a comparison."""

    def write(table=CLEAR, images=IMAGES, log_rank_p=0.0204, provenance="embedded"):
        by_depth = compare_by_depth(table)
        comparison = Comparison(int(table["depth"].max()), by_depth, judge_rows(by_depth, CONFIG), images, log_rank_p)
        return to_markdown(comparison_room(tmp_path / "room", comparison, provenance))

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
        "40 ± 0 (n=3)",
        "20 ± 10 (n=3)",
        "**no difference shown** (p = 0.371)",
    ]
    assert performance[1:] == ["0.200 ± 0.100 (n=3)", "0.903 ± 0.100 (n=3)", "**residual better** (p < 0.001)"]


def test_the_target_is_said_and_who_reached_it(markdown):
    assert "a validation accuracy of 0.9; 0 of 3 plain and 3 of 3 residual runs reach it" in " ".join(
        markdown().split()
    )


def test_the_tests_have_pairs_intervals_effect_and_both_p_values(markdown):
    rows = {row[0]: row for row in tables(markdown())[("aspect", 7)]}
    # Differences -30, -20, -10: -20 +- 10 x 4.30265 / sqrt(3); t = -2 sqrt(3); g_z = -2 / sqrt(pi).
    n, difference, effect, p, p_holm, wilcoxon = rows["training efficiency"][1:]
    assert (n, difference) == ("3", "-20 [-45, +5]")
    assert effect.startswith("-1.13 [")
    assert (p, p_holm, wilcoxon) == ("0.074", "0.371", "")
    assert rows["training stability"][2:6] == ["+0.000", "undefined", "1.000", "1.000"]


def test_wilcoxons_test_is_shown_from_six_pairs_on(markdown):
    again = CLEAR.assign(seed=CLEAR["seed"] + 3, test_accuracy=CLEAR["test_accuracy"] ** 2)
    rows = {row[0]: row for row in tables(markdown(pd.concat([CLEAR, again])))[("aspect", 7)]}
    assert rows["performance"][1] == "6"
    assert rows["performance"][-1] == "0.031"  # all six differences are positive: 2 / 2^6


def test_other_tests_have_a_line_each(markdown):
    text = markdown()
    assert "* Steps to target, log-rank test over permuted runs, not paired: p = 0.020." in text
    assert "over 12 resampled leaves or stretches of captures: +0.700 [+0.610, +0.820]." in text
    assert "log10 p: -3.0 (seed 0), -2.0 (seed 1), 0.0 (seed 2). It takes photographs of one leaf as indep" in text
    text = markdown(images=IMAGES._replace(unit="images", mcnemar_log10_p={}))
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
    assert "He, Zhang, Ren and Sun" in text


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_variant_alone_has_its_values_and_no_verdicts(markdown, seeds):
    alone = CLEAR[(CLEAR["variant"] == "residual") & (CLEAR["seed"] < seeds)]
    text = markdown(alone, images=None, log_rank_p=float("nan"))
    performance = tables(text)[("aspect", 4)][1]
    assert performance[1] == "undefined"
    assert performance[2].startswith("0.903 ± 0.100" if seeds == 3 else "0.800 (n=1)")
    assert performance[3] == "**not enough runs**"
    assert "0 of 0 plain" in text
    assert "log-rank test over permuted runs, not paired: undefined" in text
    assert not re.search(r"\bnan\b", text)
