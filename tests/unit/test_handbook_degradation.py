"""What the handbook says of depth within residual networks at other widths and rates, from made-up tables of runs."""

import json

import pandas as pd
import pytest
from ruamel.yaml import YAML

from handbook import degradation
from handbook.study import Studies

DEPTHS = [3, 9]
ERRORS = ("test", "training")
UP, DOWN, EITHER = [0.1] * 7 + [0.3], [-0.1] * 7 + [-0.3], [0.1, -0.1] * 3 + [0.2, -0.2]


@pytest.fixture
def studies(tmp_path, monkeypatch):
    """Return a function that writes studies; it takes data set, width, rate, and gaps in test and training error."""

    def write(made):
        searched = tuple((name, dataset) for name, (dataset, *_) in made.items())
        monkeypatch.setattr(degradation, "SEARCHED", searched)
        for name, (dataset, width, rate, test_gaps, training_gaps) in made.items():
            page = tmp_path / "docs/study" / name / f"comparison-{dataset}"
            page.mkdir(parents=True)
            (page / "about.json").write_text(json.dumps({"provenance": "custom"}))
            seeds = range(len(test_gaps))
            shallow = pd.DataFrame({"depth": DEPTHS[0], "seed": seeds, "test_accuracy": 0.75})
            deep = pd.DataFrame({"depth": DEPTHS[1], "seed": seeds, "test_accuracy": 0.5})
            deep = deep.assign(test_error_gap=test_gaps, training_error_gap=training_gaps)
            pd.concat([shallow, deep]).assign(variant="residual").to_csv(page / "runs.csv", index=False)
            parameters = {
                "datasets": [dataset],
                "data": {dataset: {"epochs": 2, "train_limit": None}},
                "depths": DEPTHS,
                "model": {"width": width},
                "train": {"learning_rate": rate},
                "comparison": {"alpha": 0.05},
            }
            YAML().dump(parameters, page.parent / "params.yaml")
        return Studies(tmp_path)

    return write


def cells(text):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]


def verdicts(text):
    return [line for line in text.splitlines() if line.startswith("* ")]


def test_every_setting_is_a_row_and_the_tests_of_a_data_set_are_corrected_together(studies):
    text = degradation.searched(
        studies(
            {
                "short": ("leaves", 8, 0.1, UP, UP),
                "depth/wide": ("leaves", 16, 0.1, DOWN, EITHER),
                "depth/fast": ("leaves", 8, 0.3, EITHER, UP),
                "depth/cars": ("cars", 8, 0.1, DOWN, DOWN),
            }
        )
    )
    wide, fast = "leaves (custom), width 16, learning rate 0.1", "leaves (custom), width 8, learning rate 0.3"
    cars = "cars (custom), width 8, learning rate 0.1"
    lowest = 2 / 2**8
    four, two = f"p = {4 * lowest:.3f}", f"p = {2 * lowest:.3f}"
    assert verdicts(text) == [
        f"* *deeper is better*: {wide} (test error), {four}; "
        + "; ".join(f"{cars} ({of} error), {two}" for of in ERRORS),
        f"* *no difference shown*: {wide} (training error), p = 1.000; {fast} (test error), p = 1.000",
        f"* *deeper is worse*: {fast} (training error), {four}",
    ]
    header, _, *rows = cells(text)
    assert header == [
        *("data", "epochs", "width", "learning rate", "n", "test accuracy, residual-3", "residual-9"),
        *("test error", "training error"),
    ]
    assert [row[:7] for row in rows] == [
        ["Leaves (custom)", "2", "8", "0.1", "8", "0.750 ± 0.000", "0.500 ± 0.000"],
        ["Leaves (custom)", "2", "16", "0.1", "8", "0.750 ± 0.000", "0.500 ± 0.000"],
        ["Leaves (custom)", "2", "8", "0.3", "8", "0.750 ± 0.000", "0.500 ± 0.000"],
        ["Cars (custom)", "2", "8", "0.1", "8", "0.750 ± 0.000", "0.500 ± 0.000"],
    ]
    assert rows[1][7].startswith("-0.125 [")
    assert rows[2][8].startswith("+0.125 [")


def test_more_tests_than_the_seeds_can_decide_are_said_to_be_undecided(studies):
    few = {f"depth/{number}": ("leaves", 8, 0.1, UP[:6], DOWN[:6]) for number in range(2)}
    assert verdicts(degradation.searched(studies(few))) == [
        "* *too few seeds to decide (needs n >= 8)*: "
        + "; ".join(f"leaves (custom), width 8, learning rate 0.1 ({error} error)" for error in ERRORS * 2)
    ]
