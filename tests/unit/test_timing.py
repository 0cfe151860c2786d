import json

import pytest

from resgrad.common.cells import Cell
from resgrad.results.runs import RunError
from resgrad.timing.times import load_times, summarise, to_markdown
from tests.unit.fake_runs import write_run

CELLS = [Cell("mnist", variant, 8, seed) for variant in ("plain", "residual") for seed in (0, 1)]


@pytest.fixture
def folder(tmp_path):
    for cell, seconds in zip(CELLS, (10, 20, 40, 40), strict=True):
        write_run(tmp_path, cell, seconds=seconds)
    return tmp_path / "data/times/mnist"


def test_mean_seconds_and_rate_by_depth_and_variant(folder):
    summary = summarise(load_times(folder, CELLS))
    assert summary["depth-8"] == {
        "plain": {"seconds": 15, "images_per_second": (1000 / 10 + 1000 / 20) / 2},
        "residual": {"seconds": 40, "images_per_second": 25},
    }


def test_markdown_has_every_activity_with_its_spread(folder):
    text = to_markdown(load_times(folder, CELLS), "mnist")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["depth", "per run", "plain", "residual"]
    assert ["8", "seconds, training", "12 ± 5.66 (n=2)", "32 ± 0 (n=2)"] in rows
    assert ["8", "images per second, training", "75 ± 35.4 (n=2)", "25 ± 0 (n=2)"] in rows
    assert "device cpu, processor test, python 3.11.9, threads 2, torch 2.13.0" in text


def test_markdown_of_one_variant_leaves_the_other_undefined(folder):
    text = to_markdown(load_times(folder, CELLS[2:]), "mnist")
    assert "| undefined" in text
    assert "40 ± 0 (n=2)" in text


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
