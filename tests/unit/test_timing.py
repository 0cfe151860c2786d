import json
import math

import pytest

from resgrad.analysis.runs import RunError
from resgrad.analysis.timing import load_times, summarise
from resgrad.cells import Cell
from tests.unit.fake_runs import write_run

CELLS = [Cell("mnist", variant, 8, seed) for variant in ("plain", "residual") for seed in (0, 1)]


@pytest.fixture
def folder(tmp_path):
    for cell, seconds in zip(CELLS, (10, 20, 40, 40), strict=True):
        write_run(tmp_path, cell, seconds=seconds)
    return tmp_path / "data/times/mnist"


def test_seconds_and_rate_by_depth_and_variant(folder):
    summary = summarise(load_times(folder, CELLS))
    assert summary["seconds"]["depth-8"]["plain"] == {
        "total": pytest.approx({"n": 2, "mean": 15, "sd": math.sqrt(50)}),
        "training": pytest.approx({"n": 2, "mean": 12, "sd": math.sqrt(32)}),
    }
    assert summary["images_per_second"]["depth-8"]["residual"] == {"n": 2, "mean": 25, "sd": 0}


def test_the_machine_stands_there_once_and_mixed_where_runs_differ(folder):
    path = folder / "residual-8-1.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "device": "cuda", "threads": 4}))
    summary = summarise(load_times(folder, CELLS))
    assert {name: summary[name] for name in ("device", "threads", "torch", "python", "processor")} == {
        "device": "mixed",
        "threads": "mixed",
        "torch": "2.13.0",
        "python": "3.11.9",
        "processor": "test",
    }


def test_a_missing_time_is_named(folder):
    (folder / "plain-8-1.json").unlink()
    with pytest.raises(RunError, match=r"plain-8-1\.json is missing; `dvc repro train@mnist-plain-8-1`"):
        load_times(folder, CELLS)
