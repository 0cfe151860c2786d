"""Trainings on a few images: to run, to interrupt, and to compare."""

import json

import numpy as np
import pytest
import torch

from resgrad.models import build_network
from resgrad.shards.batches import Batches
from resgrad.study import load_study
from resgrad.training.checkpoint import Checkpoint
from resgrad.training.loop import Trainer
from tests.paths import PARAMS
from tests.unit.gradient_configs import gradients_config
from tests.unit.model_configs import model_config

STUDY = load_study(PARAMS)
CPU = torch.device("cpu")
GRADIENTS = gradients_config(every=3, snapshots=2)
AUGMENT = STUDY.data["mnist"].augment.model_copy(update={"horizontal_flip": True, "contrast": 0.2})


def split(images, seed):
    """Three classes that differ in brightness."""
    labels = np.arange(images) % 3
    noise = np.random.default_rng(seed).integers(0, 40, size=(images, 1, 8, 8))
    return Batches((noise + 80 * labels[:, None, None, None]).astype(np.uint8), labels, [0.4], [0.3], CPU)


def trainer(folder, *, epochs=3, model=None, gradients=GRADIENTS, **changes):
    model = model_config(**{"width": 2, **(model or {})})
    network = build_network(model, depth=8, residual=True, image_shape=(1, 8, 8), classes=3, seed=0)
    config = STUDY.train.model_copy(update={"batch_size": 8, "schedule": "cosine", **changes})
    return Trainer(
        network.to(memory_format=torch.channels_last),
        split(30, seed=0),
        split(12, seed=1),
        config=config,
        epochs=epochs,
        augment=AUGMENT,
        gradients=gradients,
        seed=0,
        checkpoint=Checkpoint(folder),
    )


def everything(done):
    """The whole result of a run without its wall-clock times: tensors by name, and plain values."""
    recording = done.recording
    tensors = {**done._network.state_dict()}
    for parameter, entries in done._optimiser.state.items():
        name = next(n for n, p in done._network.named_parameters() if p is parameter)
        tensors |= {f"{name} {key}": entry for key, entry in entries.items() if isinstance(entry, torch.Tensor)}
    arrays = {f"{name} {row}": a for name, rows in recording.columns.items() for row, a in enumerate(rows)}
    arrays |= {f"snapshot {step}": gradient for step, gradient in recording.snapshots.items()}
    tensors |= {name: torch.from_numpy(array) for name, array in arrays.items()}
    progress = {name: value for name, value in vars(done.progress).items() if name != "seconds"}
    return tensors, [progress, recording.steps, recording.epochs]


def layout(tensor):
    """Strides of the dimensions of size greater than 1."""
    return [stride for stride, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1]


def assert_same(one, other):
    (tensors, values), (tensors_other, values_other) = everything(one), everything(other)
    assert json.dumps(values) == json.dumps(values_other)  # as text, where NaN is NaN
    assert tensors.keys() == tensors_other.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, tensors_other[name], err_msg=name)
        assert layout(tensor) == layout(tensors_other[name]), name


class KilledError(BaseException):
    """Simulates a kill: nothing in the code under test may catch it."""


def interrupt(run, after):
    """Let a run die after ``after`` steps, in the middle of an epoch."""
    take_step = run._step

    def step(number, *batch):
        if number == after:
            raise KilledError
        return take_step(number, *batch)

    run._step = step
    with pytest.raises(KilledError):
        run.run("test")
