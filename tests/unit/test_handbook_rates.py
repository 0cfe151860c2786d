"""What the pages say about tolerance to the learning rate, from the tables of a frozen study."""

import json

import pandas as pd
import pytest
from ruamel.yaml import YAML

from handbook import rates
from handbook.study import Study

ROWS = [
    ("plain", 56, 0.01, 2, 0.3, 0.2, 0.5, 0.9),
    ("plain", 56, 0.1, 2, 0.4, 0.3, 0.6, 0.9),
    ("plain", 56, 1.0, 2, 0.2, 0.1, 0.4, 0.9),
    ("residual", 56, 0.01, 2, 0.95, 0.95, 1.0, 0.9),
    ("residual", 56, 0.1, 2, 0.9, 0.9, 1.0, 0.9),
    ("residual", 56, 1.0, 2, 0.5, 0.5, 1.0, 0.9),
]
COLUMNS = ["variant", "depth", "rate", "n", "accuracy", "accuracy_min", "accuracy_max", "target"]


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "comparison-mnist"
    folder.mkdir()
    YAML().dump({"datasets": ["mnist"]}, tmp_path / "params.yaml")
    (folder / "about.json").write_text(json.dumps({"provenance": "embedded"}))
    pd.DataFrame(ROWS, columns=COLUMNS).to_csv(folder / "accuracy_by_rate.csv", index=False)
    return Study(tmp_path)


def test_both_variants_are_said_with_the_rates_at_which_they_reach_the_target_and_the_best_one(study):
    assert rates.measured(study) == ["mnist"]
    assert rates.sentences(study, "mnist") == (
        "On embedded digits (not MNIST), depth 56, 3 rates from 0.01 to 1 and a target of 90% (validation images, "
        "means over n = 2 seeds), the plain network reaches it at none (best at 0.1: 0.400, 0.300 to 0.600 over seeds) "
        "and the residual network reaches it at 2 of them, 0.01 to 0.1 (best at 0.01: 0.950, 0.950 to 1.000 over "
        "seeds)."
    )


def test_one_seed_has_no_spread_and_one_rate_no_range(study):
    file = study.folder / "comparison-mnist/accuracy_by_rate.csv"
    table = pd.read_csv(file)
    table.loc[table["rate"] == 0.1, "accuracy"] -= 0.01
    table.assign(n=1).to_csv(file, index=False)
    assert rates.sentences(study, "mnist") == (
        "On embedded digits (not MNIST), depth 56, 3 rates from 0.01 to 1 and a target of 90% (validation images, one "
        "seed), the plain network reaches it at none (best at 0.1: 0.390) and the residual network reaches it at 0.01 "
        "alone (best at 0.01: 0.950)."
    )


def test_a_single_rate_is_no_measurement(study):
    file = study.folder / "comparison-mnist/accuracy_by_rate.csv"
    table = pd.read_csv(file)
    table[table["rate"] == 0.1].to_csv(file, index=False)
    assert rates.measured(study) == []


def test_a_study_without_the_table_was_not_measured(study):
    (study.folder / "comparison-mnist/accuracy_by_rate.csv").unlink()
    assert rates.measured(study) == []
