import json

import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.report.timing import pictures
from resgrad.report.timing.page import to_markdown
from resgrad.results.runs import RunError
from resgrad.timing.times import AVERAGES, TIMES, average, load_times, machine
from tests.unit.fake_runs import write_run
from tests.unit.room_of import room_of, rows_of

CELLS = [Cell("mnist", variant, 8, seed) for variant in ("plain", "residual") for seed in (0, 1)]


@pytest.fixture
def folder(tmp_path):
    for cell, seconds in zip(CELLS, (10, 20, 40, 40), strict=True):
        write_run(tmp_path, cell, seconds=seconds)
    return tmp_path / "data/times/mnist"


@pytest.fixture
def room(tmp_path, folder):
    """Return a function that makes the room of some runs."""

    def make(cells=CELLS):
        times = load_times(folder, cells)
        about = {"dataset": "mnist", "machine": machine(times)}
        return room_of(tmp_path / "room", {TIMES: times, AVERAGES: average(times)}, about)

    return make


def test_mean_seconds_and_rate_by_depth_and_variant(folder):
    averages = average(load_times(folder, CELLS)).set_index(["depth", "variant", "measure"])
    assert averages.loc[(8, "plain", "seconds.total"), "mean"] == 15
    assert averages.loc[(8, "plain", "images_per_second"), "mean"] == (1000 / 10 + 1000 / 20) / 2
    assert averages.loc[(8, "residual", "seconds.total")].tolist() == [2, 40, 0]
    assert averages.loc[(8, "residual", "images_per_second"), "mean"] == 25


def test_the_page_has_every_activity_with_its_spread(room):
    text = to_markdown(room())
    rows = rows_of(text)
    assert rows[0] == ["depth", "per run", "plain", "residual"]
    assert ["8", "seconds, training", "12 ± 5.66 (n=2)", "32 ± 0 (n=2)"] in rows
    assert ["8", "images per second, training", "75 ± 35.4 (n=2)", "25 ± 0 (n=2)"] in rows
    assert len(rows) == 2 + 5
    assert "device cpu, instruction set AVX512, kernels AVX2, processor test, python 3.11.9, threads 2" in text


def test_the_page_of_one_variant_leaves_the_other_undefined(room):
    text = to_markdown(room(CELLS[2:]))
    assert "| undefined" in text
    assert "40 ± 0 (n=2)" in text


def test_the_picture_divides_a_run_into_what_took_its_time(room):
    ((name, figure),) = pictures(room())
    (axes,) = figure.axes
    assert name == "times"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["plain, depth 8", "residual, depth 8"]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([12, 1.5, 1.5, 32, 4, 4])


def test_the_machine_stands_there_once_and_mixed_where_runs_differ(folder):
    path = folder / "residual-8-1.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "device": "cuda", "threads": 4}))
    assert machine(load_times(folder, CELLS)) == {
        "device": "mixed",
        "threads": "mixed",
        "torch": "2.13.0",
        "python": "3.11.9",
        "processor": "test",
        "instruction_set": "AVX512",
        "kernels": "AVX2",
    }


def test_a_missing_time_is_named(folder):
    (folder / "plain-8-1.json").unlink()
    with pytest.raises(RunError, match=r"plain-8-1\.json is missing; `dvc repro train@mnist-plain-8-1`"):
        load_times(folder, CELLS)


def test_a_row_per_run(folder):
    times = load_times(folder, CELLS)
    assert times[["variant", "depth", "seed"]].apply(tuple, axis=1).tolist() == [cell[1:] for cell in CELLS]
    assert isinstance(times, pd.DataFrame)
