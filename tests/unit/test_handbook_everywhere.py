"""What the handbook says of all real data sets together, from made-up tables of runs."""

import json

import pandas as pd
import pytest
from ruamel.yaml import YAML

from handbook import everywhere
from handbook.study import Studies
from resgrad.comparison.rows import rows

PRIMARY = {name: row.primary for name, row in rows().items()}
assert PRIMARY["stability"].name == everywhere.OVER_RATES


@pytest.fixture
def studies(tmp_path):
    """Return a function that writes both studies; it takes, by data set, the gains of each primary measure by seed."""

    def write(short, sets):
        for name, of_study in (("short", short), ("sets", sets)):
            folder = tmp_path / "docs/study" / name
            for dataset, gains in of_study.items():
                page = folder / f"comparison-{dataset}"
                page.mkdir(parents=True)
                (page / "about.json").write_text(json.dumps({"provenance": "official"}))
                seeds = range(max(map(len, gains.values())))
                runs = pd.DataFrame(
                    [{"variant": v, "depth": 9, "seed": s} for v in ("plain", "residual") for s in seeds]
                )
                for row, of_seeds in gains.items():
                    sign = 1 if PRIMARY[row].better == "higher" else -1
                    runs[PRIMARY[row].name] = [0.0] * len(seeds) + [
                        sign * of_seeds[s] if s < len(of_seeds) else None for s in seeds
                    ]
                runs.to_csv(page / "runs.csv", index=False)
            YAML().dump({"datasets": list(of_study), "depths": [3, 9]}, folder / "params.yaml")
        return Studies(tmp_path)

    return write


def lines(text):
    return [line[2:] for line in text.splitlines() if line.startswith("* ")]


def test_what_all_seeds_of_all_sets_agree_on_is_said_once_and_the_rest_by_set(studies):
    names = list(PRIMARY)
    agreeing = {names[0]: [0.1, 0.2], names[1]: [-0.1, -0.2], names[2]: [0.0, 0.0]}
    text = everywhere.side_by_side(
        studies(
            {"mnist": agreeing | {names[3]: [0.1, 0.2], names[4]: [0.1, -0.2]}},
            {"fashion_mnist": agreeing | {names[3]: [-0.1, -0.2], names[4]: [0.1]}},
        )
    )
    titles = [row.title for row in rows().values()]
    *agreed, divided, single = lines(text)
    assert agreed == [
        f"Residual networks are better at every seed on all two: {titles[0]}.",
        f"Residual networks are worse at every seed on all two: {titles[1]}.",
        f"Residual networks are equal at every seed on all two: {titles[2]}.",
        f"Not measured on all two: {titles[5]}.",
    ]
    assert divided == (
        f"Not the same on all, {titles[3]}: residual networks are better at every seed on MNIST; residual networks are "
        "worse at every seed on Fashion-MNIST."
    )
    assert single == f"Not the same on all, {titles[4]}: seeds disagree on MNIST; a single seed on Fashion-MNIST."
    assert "better at 1 of 2" in text
    assert "MNIST (n = 2)" in text


def test_a_gain_is_positive_where_less_is_better(studies):
    lower = next(name for name, measure in PRIMARY.items() if measure.better == "lower")
    made = studies({"mnist": {lower: [0.5, 0.25]}}, {"beans": {lower: [0.5, 0.25]}})
    assert everywhere.gains(made["short"], "mnist", PRIMARY[lower]).tolist() == [0.5, 0.25]
    assert made["short"].runs("mnist", 9, "residual")[PRIMARY[lower].name].tolist() == [-0.5, -0.25]
