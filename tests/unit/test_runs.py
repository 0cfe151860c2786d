import json
import math
import re

import pytest

from resgrad.common.cells import Cell
from resgrad.results.runs import RunError, load_runs
from tests.unit.fake_runs import CLASSES, write_run

CELLS = [Cell("mnist", "plain", 8, 0), Cell("mnist", "residual", 8, 0)]


@pytest.fixture
def folder(tmp_path):
    for cell in CELLS:
        write_run(tmp_path, cell, accuracy=0.75)
    return tmp_path / "data/runs/mnist"


def test_runs_come_in_the_order_asked_for_with_what_they_left(folder):
    plain, residual = load_runs(folder, CELLS)
    assert [plain.cell, residual.cell] == CELLS
    assert (plain.provenance, plain.classes, plain.epochs, plain.diverged) == ("embedded", CLASSES, 4, False)
    assert (plain.train_loss, plain.train_accuracy, plain.chance) == (0.5, 0.75, 1 / 3)
    assert plain.history["train_accuracy"].tolist() == [0.1875, 0.375, 0.5625, 0.75]
    assert plain.predictions["split"].value_counts().to_dict() == {"test": 60, "validation": 20}


def test_other_folders_are_not_looked_at(folder):
    write_run(folder.parents[2], Cell("mnist", "plain", 8, 7), provenance="custom")
    assert [run.cell for run in load_runs(folder, CELLS)] == CELLS


def test_what_was_not_finite_is_nan(tmp_path):
    cell = Cell("mnist", "plain", 8, 1)
    write_run(tmp_path, cell, diverged_step=25)
    (run,) = load_runs(tmp_path / "data/runs/mnist", [cell])
    assert run.diverged
    assert math.isnan(run.train_loss)
    assert run.history["validation_loss"].isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize("file", ["run.json", "history.json", "predictions.parquet"])
def test_a_missing_file_is_named_with_the_command_that_makes_it(folder, file):
    path = folder / "residual-8-0" / file
    path.unlink()
    sentence = f"{path} is missing; `dvc repro train@mnist-residual-8-0` brings it back."
    with pytest.raises(RunError, match=re.escape(sentence)):
        load_runs(folder, CELLS)


@pytest.mark.parametrize("file", ["run.json", "history.json", "predictions.parquet"])
def test_half_a_file_is_named_as_damaged(folder, file):
    path = folder / "plain-8-0" / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RunError, match=rf"plain-8-0/{file} is damaged; `dvc repro train@mnist-plain-8-0`"):
        load_runs(folder, CELLS)


@pytest.mark.parametrize(("key", "value"), [("provenance", "official"), ("classes", ["ant", "bee", "dog"])])
def test_runs_made_from_different_data_are_refused(folder, key, value):
    path = folder / "residual-8-0/run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(RunError, match=f"differ in their {key}; `dvc repro` brings them up to date"):
        load_runs(folder, CELLS)
