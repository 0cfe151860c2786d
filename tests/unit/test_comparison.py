import math

import pandas as pd
import pytest

from resgrad.analysis.comparison import MEASURES, compare, to_markdown

NAN = math.nan


def table(*rows):
    """Make a row per run of (variant, depth, seed, accuracy, loss); the other measures are constant."""
    frame = pd.DataFrame(rows, columns=["variant", "depth", "seed", "test.accuracy", "test.loss"])
    others = {measure.column: 0.5 for measure in MEASURES if measure.column not in frame}
    return frame.assign(diverged=frame["test.loss"].isna(), **others)


TWINS = table(
    ("residual", 56, 1, 0.9, 0.2),  # in no order: runs are paired by seed, not by row
    ("plain", 56, 0, 0.2, 2.0),
    ("plain", 56, 1, 0.5, 1.0),
    ("residual", 56, 0, 0.8, 0.4),
    ("plain", 20, 0, 0.7, 1.0),
    ("residual", 20, 0, 0.7, 1.0),
)


def test_differences_are_taken_within_a_seed():
    accuracy = compare(TWINS)["depth-56"]["test_accuracy"]
    assert accuracy["plain"] == pytest.approx({"n": 2, "mean": 0.35, "sd": 0.3 / math.sqrt(2)})
    assert accuracy["residual"] == pytest.approx({"n": 2, "mean": 0.85, "sd": 0.1 / math.sqrt(2)})
    # 0.8 - 0.2 and 0.9 - 0.5, not 0.8 - 0.5 and 0.9 - 0.2.
    assert accuracy["difference"] == pytest.approx({"n": 2, "mean": 0.5, "sd": 0.2 / math.sqrt(2)})


def test_depths_come_in_order_and_one_seed_has_no_spread():
    comparison = compare(TWINS)
    assert list(comparison) == ["depth-20", "depth-56"]
    assert comparison["depth-20"]["test_accuracy"]["difference"] == {"n": 1, "mean": 0.0}


def test_a_measure_that_a_diverged_run_lacks_pairs_over_the_other_seeds():
    twins = table(
        ("plain", 56, 0, 0.1, NAN),
        ("plain", 56, 1, 0.5, 1.0),
        ("residual", 56, 0, 0.8, 0.4),
        ("residual", 56, 1, 0.9, 0.2),
    )
    at_depth = compare(twins)["depth-56"]
    assert at_depth["runs_diverged"] == {"plain": 1, "residual": 0}
    assert at_depth["test_loss"]["plain"] == {"n": 1, "mean": 1.0}
    assert at_depth["test_loss"]["difference"] == pytest.approx({"n": 1, "mean": -0.8})
    assert at_depth["test_accuracy"]["difference"]["n"] == 2


def test_markdown_opens_with_what_the_data_are_and_the_main_finding():
    lines = to_markdown(compare(TWINS), "mnist", "embedded").split("\n\n")
    assert lines[0] == "# mnist (embedded): plain against residual"
    assert "not mnist results" in lines[1]
    assert lines[2] == (
        "At depth 56, networks with residual connections reach a test accuracy of 0.850 ± 0.071 (n=2), "
        "their plain twins 0.350 ± 0.212 (n=2): a difference of +0.500 ± 0.141 (n=2)."
    )


def test_markdown_has_a_row_per_depth_and_measure():
    text = to_markdown(compare(TWINS), "mnist", "official")
    assert "not mnist results" not in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["depth", "measure", "plain", "residual", "residual - plain"]
    assert [row[:2] for row in rows[2:]] == [[depth, m.title] for depth in ("20", "56") for m in MEASURES]
    assert rows[2] == ["20", "test accuracy ↑", "0.700 (n=1)", "0.700 (n=1)", "+0.000 (n=1)"]
    assert "diverged" not in text


def test_markdown_says_what_diverged_and_what_is_undefined():
    text = to_markdown(compare(table(("plain", 8, 0, 0.1, NAN), ("residual", 8, 0, 0.9, 0.2))), "mnist", "custom")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert ["8", "test loss (nats) ↓", "undefined", "0.200 (n=1)", "undefined"] in rows
    assert rows[-1] == ["8", "runs diverged ↓", "1", "0", ""]
