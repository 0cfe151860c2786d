"""One training from its parameters to its files: what decides its key, and what its files contain."""

import json
import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from pyarrow import compute, parquet
from safetensors.torch import load_file
from torch import nn

from resgrad.common.cells import Cell
from resgrad.shards.batches import Batches
from resgrad.shards.shards import Shards
from resgrad.study import load_study
from resgrad.training import checkpoint
from resgrad.training.activation_memory import activation_bytes_per_image
from resgrad.training.evaluation import log_probabilities, score
from resgrad.training.flops import flops_per_image
from resgrad.training.results import chance_log_probabilities, predict, write_run, write_times
from resgrad.training.run import Training, trained
from tests.paths import PARAMS
from tests.unit.gradient_configs import gradients_config
from tests.unit.leaf_shards import CLASSES, write_shards
from tests.unit.model_configs import model_config

STUDY = load_study(PARAMS)
CPU = torch.device("cpu")
CELL = Cell("plantvillage", "residual", 8, 3)
TASK = Training(
    name="plantvillage residual-8-3",
    model=model_config(width=2),
    depth=8,
    residual=True,
    seed=3,
    train=STUDY.train.model_copy(update={"batch_size": 16}),
    epochs=2,
    augment=STUDY.data["plantvillage"].augment,
    gradients=gradients_config(every=2, snapshots=1),
    scheme="leaf",
)
CHANGED = {
    "name": "another",
    "model": model_config(width=4),
    "depth": 14,
    "residual": False,
    "seed": 4,
    "train": TASK.train.model_copy(update={"momentum": 0.5}),
    "epochs": 3,
    "augment": TASK.augment.model_copy(update={"rotation": 10.0}),
    "gradients": None,
    "scheme": "random",
}


@pytest.fixture
def shards(tmp_path):
    write_shards(tmp_path / "shards")
    return Shards(tmp_path / "shards")


@pytest.fixture
def training(shards):
    return Batches.read(shards, "train", CPU)[0]


@pytest.fixture
def validation(shards):
    return Batches.read(shards, "validation", CPU)


@pytest.fixture
def result(shards, training, validation, tmp_path):
    """A trained network, and its progress."""
    with trained(TASK, shards, training, validation[0], device=CPU, checkpoints=tmp_path / "checkpoints") as trained_:
        yield trained_


def test_a_change_of_each_field_changes_the_key():
    assert set(CHANGED) == {field.name for field in fields(Training)}
    keys = {name: replace(TASK, **{name: value}).key({}, CPU) for name, value in CHANGED.items()}
    assert len({TASK.key({}, CPU), *keys.values()}) == 1 + len(CHANGED)


def test_other_images_change_the_key():
    assert TASK.key({"shards": [1]}, CPU) != TASK.key({}, CPU)


@pytest.mark.parametrize(
    ("changes", "goes_on"),
    [({}, True), ({"kernels": "native"}, False), ({"compile": True}, False)],
    ids=["portable", "native", "compiled"],
)
def test_another_processor_goes_on_where_it_computes_the_same_bytes(monkeypatch, changes, goes_on):
    task = replace(TASK, train=TASK.train.model_copy(update=changes))
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "AVX2")
    key = task.key({}, CPU)
    another = {"processor": "another", "instruction_set": "AVX512"}
    monkeypatch.setattr("resgrad.training.devices.describe_processor", lambda: another)
    assert (task.key({}, CPU) == key) is goes_on
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "AVX512")
    assert task.key({}, CPU) != key


def test_another_python_changes_the_key(monkeypatch):
    key = TASK.key({}, CPU)
    monkeypatch.setattr("resgrad.training.devices.platform.python_version", lambda: "3.0")
    assert TASK.key({}, CPU) != key


def test_another_source_of_a_statistic_changes_the_key(monkeypatch):
    key = TASK.key({}, CPU)
    monkeypatch.setattr("resgrad.training.run.digests", lambda names: dict.fromkeys(names, "another"))
    assert TASK.key({}, CPU) != key


@pytest.mark.parametrize("library", ["torch", "np"])
def test_other_versions_of_torch_and_numpy_change_the_key(monkeypatch, library):
    key = checkpoint.run_key({})
    monkeypatch.setattr(getattr(checkpoint, library), "__version__", "0.0.1")
    assert checkpoint.run_key({}) != key


def test_the_history_says_what_the_network_makes_of_both_splits(result, validation):
    """After the last epoch, validation scores the final network; training counts what its steps got right."""
    last = result.progress.history[-1]
    now = score(log_probabilities(result.network, validation[0]), validation[0].labels)
    assert last["validation_loss"] == now.loss
    assert last["validation_accuracy"] == now.accuracy
    assert last["learning_rate"] == result.progress.rates[-1]
    first = result.progress.history[0]
    assert first["train_accuracy"] != last["train_accuracy"]
    assert all(0 <= row["train_accuracy"] <= 1 for row in result.progress.history)


def test_training_accuracy_is_the_share_of_images_that_steps_got_right(shards, training, validation, tmp_path):
    """At a tiny learning rate, and without augmentation, the network stays unchanged."""
    still = TASK.train.model_copy(update={"learning_rate": 1e-30, "weight_decay": 0.0, "schedule": "constant"})
    off = {"horizontal_flip": False, "crop_padding": 0}
    task = replace(TASK, train=still, epochs=1, augment=TASK.augment.model_copy(update=off), gradients=None)
    with trained(task, shards, training, validation[0], device=CPU, checkpoints=tmp_path / "still") as result:
        network = result.network.train()
        hits = 0
        for images, labels in training.shuffled(16, task.augment, task.seed, 1):
            hits += (network(images).argmax(dim=1) == labels).sum().item()
        assert result.progress.history[0]["train_accuracy"] == pytest.approx(hits / len(training))


def test_the_record_of_a_run_says_what_was_trained_and_how_it_ended(result, shards, training, validation, tmp_path):
    predictions = predict(result, {"validation": validation[::-1]}, classes=3, seed=3)
    write_run(tmp_path / "run", CELL, shards.manifest, result=result, training=training, predictions=predictions)
    record = json.loads((tmp_path / "run/run.json").read_text())
    ended = score(log_probabilities(result.network, training), training.labels)
    image, _ = next(training.in_order(1))
    assert record == {
        **CELL._asdict(),
        "provenance": "embedded",
        "classes": list(CLASSES),
        "parameters": sum(np.prod(p.shape, dtype=int) for p in result.network.parameters()),
        "flops_per_image": flops_per_image(result.network, image),
        "activation_bytes_per_image": activation_bytes_per_image(result.network, image),
        "epochs": 2,
        "steps": len(result.progress.losses),
        "train_loss": pytest.approx(ended.loss, rel=1e-5),
        "train_accuracy": pytest.approx(ended.accuracy, rel=1e-5),
    }
    assert record["parameters"] > 1000
    assert record["steps"] == 10, "two epochs of 72 images, 16 a step"


def test_the_other_files_of_a_run_hold_its_epochs_its_steps_its_weights_and_its_snapshots(
    result, shards, training, validation, tmp_path
):
    predictions = predict(result, {"validation": validation[::-1]}, classes=3, seed=3)
    folder = tmp_path / "run"
    write_run(folder, CELL, shards.manifest, result=result, training=training, predictions=predictions)
    history = json.loads((folder / "history.json").read_text())
    assert history == [pytest.approx(row, rel=1e-5) for row in result.progress.history]
    assert [row["epoch"] for row in history] == [1, 2]
    steps = parquet.read_table(folder / "steps.parquet").to_pydict()
    assert steps == {
        "step": list(range(10)),
        "learning_rate": result.progress.rates,
        "loss": result.progress.losses,
    }
    assert steps["learning_rate"][0] != steps["learning_rate"][5]
    weights, own = load_file(folder / "weights.safetensors"), result.network.state_dict()
    assert weights.keys() == own.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in own.items())
    snapshots = load_file(folder / "snapshots.safetensors")
    assert list(snapshots) == ["step-000000"]
    np.testing.assert_array_equal(snapshots["step-000000"], result.recording.snapshots[0])
    assert snapshots["step-000000"].any()
    assert parquet.read_table(folder / "predictions.parquet").equals(predictions)


def test_predictions_are_what_the_network_makes_of_the_images_of_each_split(result, shards, validation):
    test, test_ids = Batches.read(shards, "test", CPU)
    table = predict(result, {"validation": validation[::-1], "test": (test_ids, test)}, classes=3, seed=3)
    for name, (images, ids) in {"validation": validation, "test": (test, test_ids)}.items():
        of_split = table.filter(compute.field("split") == name)
        assert of_split["id"].to_pylist() == ids
        assert of_split["label"].to_pylist() == images.labels.tolist()
        probabilities = log_probabilities(result.network, images).exp()
        written = np.stack([of_split[f"prob_{k}"].to_numpy() for k in range(3)], axis=1)
        np.testing.assert_allclose(written, probabilities, rtol=1e-12)
        assert of_split["predicted"].to_pylist() == probabilities.argmax(dim=1).tolist()


def test_a_run_that_diverged_says_so_and_leaves_guesses(shards, training, validation, tmp_path):
    wild = TASK.train.model_copy(update={"learning_rate": 1e30, "schedule": "constant"})
    task = replace(TASK, train=wild, gradients=None)
    with trained(task, shards, training, validation[0], device=CPU, checkpoints=tmp_path / "wild") as result:
        predictions = predict(result, {"validation": validation[::-1]}, classes=3, seed=3)
        write_run(tmp_path / "run", CELL, shards.manifest, result=result, training=training, predictions=predictions)
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["diverged_step"] == result.progress.diverged_step
    assert record["epochs"] == 1
    assert not record.keys() & {"train_loss", "train_accuracy"}
    guesses = chance_log_probabilities(len(validation[0]), 3, seed=3).argmax(dim=1)
    assert predictions["predicted"].to_pylist() == guesses.tolist()
    assert len(set(guesses.tolist())) == 3


def test_times_are_those_of_the_run_and_its_machine(result, training, tmp_path):
    write_times(tmp_path / "times.json", result, images=len(training), threads=5, device=CPU)
    times = json.loads((tmp_path / "times.json").read_text())
    seconds = times["seconds"]
    assert times["threads"] == 5
    assert times["device"] == "cpu"
    assert times["torch"] == torch.__version__
    assert seconds["total"] >= seconds["training"] + seconds["evaluation"]
    assert seconds["training"] > seconds["recording"] > 0
    rate = 2 * len(training) / seconds["training"]
    assert math.isclose(times["images_per_second"], rate, rel_tol=1e-4)


def test_every_layer_of_a_trained_network_is_in_its_normal_mode(result):
    assert all(module.training for module in result.network.modules() if isinstance(module, nn.BatchNorm2d))
