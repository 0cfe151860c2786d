"""The stages of the tolerance to the learning rate: each training at its own rate, and their tables."""

import json

import pytest
from ruamel.yaml import YAML

from resgrad.report.room import Room
from resgrad.shards.batches import Batches
from resgrad.tolerance.config import Point, ToleranceConfig
from resgrad.tolerance.points import PointError
from stages import rate as rate_stage
from stages.rate import number, train_at_rate
from stages.tolerance import tolerance
from tests.paths import PARAMS
from tests.unit.leaf_shards import write_shards

CHANGES = {"rates": [0.001, 0.1], "seeds": [0, 4]}
POINTS = list(ToleranceConfig(depth=None, epochs=None, **CHANGES).points(["plain", "residual"]))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Shards and parameters of a tiny study, as `check` would resolve them."""
    monkeypatch.chdir(tmp_path)
    parameters = YAML(typ="safe").load(PARAMS)
    block = {**parameters["data"]["plantvillage"], "target_accuracy": 0.6}
    parameters["tolerance"] |= CHANGES
    parameters["model"]["width"] = 2
    parameters["train"]["batch_size"] = 16
    YAML(typ="safe").dump(parameters, tmp_path / "params.yaml")
    write_shards(tmp_path / "data/shards/plantvillage")
    resolved = {"data": {"plantvillage": block}, "tolerance": {"depth": 8, "epochs": {"plantvillage": 2}}}
    (tmp_path / "data/params.json").write_text(json.dumps(resolved))
    return tmp_path


@pytest.fixture
def outcome(study):
    """Return a function that trains at a rate and reads the result."""

    def of(point):
        train_at_rate("plantvillage", point)
        return json.loads((study / f"data/rates/plantvillage/{point.name}.json").read_text())

    return of


def test_a_training_says_how_it_ended_on_validation_images(outcome):
    values = outcome(Point("residual", 0.1, 4))
    assert values.pop("best_validation_accuracy") >= values.pop("validation_accuracy") > 1 / 3
    assert 0 <= values.pop("train_error") < 2 / 3
    assert values == {"variant": "residual", "depth": 8, "rate": 0.1, "seed": 4}


def test_it_trains_at_its_rate_for_its_epochs_and_records_no_gradients(study, monkeypatch):
    tasks, trained = [], rate_stage.trained
    monkeypatch.setattr(
        rate_stage, "trained", lambda task, *args, **kw: tasks.append(task) or trained(task, *args, **kw)
    )
    train_at_rate("plantvillage", Point("plain", 1, 0))
    (task,) = tasks
    assert (task.depth, task.residual, task.epochs, task.seed, task.gradients) == (8, False, 2, 0, None)
    assert task.train.learning_rate == 1.0
    assert isinstance(task.train.learning_rate, float)
    assert (task.train.batch_size, task.train.evaluations_per_epoch) == (16, 1)


def test_no_test_image_is_read(study, monkeypatch):
    splits, read = [], Batches.read
    monkeypatch.setattr(
        Batches, "read", lambda shards, split, device: splits.append(split) or read(shards, split, device)
    )
    train_at_rate("plantvillage", Point("plain", 0.1, 0))
    assert splits == ["train", "validation"]


def test_a_training_that_diverges_says_when_and_no_more(outcome):
    values = outcome(Point("plain", 1e30, 0))
    assert values.pop("diverged_step") > 0
    assert values == {"variant": "plain", "depth": 8, "rate": 1e30, "seed": 0}


@pytest.mark.parametrize("text", ["1", "1.0", "0.01", "1e-05", "3"])
def test_a_rate_is_written_as_dvc_writes_it(text):
    """DVC names the output by the text of the value in params.yaml."""
    assert str(YAML(typ="safe").load(text)) == str(number(text)) == text
    (point,) = ToleranceConfig(depth=None, epochs=None, rates=[number(text)], seeds=[0]).points(["plain"])
    assert point.name == f"plain-{text}-0"


def test_all_trainings_become_the_tables_of_the_room_and_metrics(study):
    for point in POINTS:
        train_at_rate("plantvillage", point)
    tolerance("plantvillage")
    room = Room(study / "data/tolerance/plantvillage")
    assert room.data == "plantvillage (embedded data)"
    listed = [tuple(row) for row in room["trainings"][["variant", "rate", "seed"]].to_numpy()]
    assert listed == [tuple(point) for point in POINTS]
    assert len(room["tolerances"]) == 4
    assert room["accuracy_by_rate"]["target"].unique() == [0.6]
    metrics = json.loads((study / "metrics/tolerance-plantvillage.json").read_text())
    assert metrics["embedded"]["depth-8"]["seeds"] == {"plain": 2, "residual": 2}


def test_a_training_that_is_missing_or_damaged_is_named_with_its_stage(study):
    for point in POINTS:
        train_at_rate("plantvillage", point)
    file = study / "data/rates/plantvillage/residual-0.1-4.json"
    file.write_text("{")
    with pytest.raises(PointError, match=r"4\.json is damaged; `dvc repro rate@plantvillage-residual-0\.1-4` brings"):
        tolerance("plantvillage")
    file.unlink()
    with pytest.raises(PointError, match="is missing"):
        tolerance("plantvillage")
