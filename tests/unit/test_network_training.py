"""Each choice of the section ``model`` trains: a few steps of the project's own loop on one batch of digits."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from resgrad.common.kinds import kinds
from resgrad.models import activations, build_network, shortcuts
from resgrad.shards.batches import Batches
from resgrad.study import load_study
from resgrad.training.checkpoint import Checkpoint
from resgrad.training.loop import Trainer
from tests.paths import PARAMS
from tests.unit.gradient_configs import gradients_config
from tests.unit.model_configs import DEPTHS, model_config

IMAGES = 32
STEPS = 8
STUDY = load_study(PARAMS)
OFF = STUDY.data["mnist"].augment.model_copy(update={"crop_padding": 0})


def digits():
    data = load_digits()
    images = (data.images[:IMAGES, None] * 15).astype(np.uint8)
    return Batches(images, data.target[:IMAGES].astype(np.int64), [0.29], [0.35], torch.device("cpu"))


def assert_trains(folder, network, *, residual=True, **changes):
    """The loss falls, and every parameter gets a gradient, though perhaps not at the first step."""
    config = model_config(network=network, **{"width": 8, **changes})
    depth, shape = DEPTHS[network], (1, 8, 8)
    built = build_network(config, depth=depth, residual=residual, image_shape=shape, classes=10, seed=0)
    built.to(memory_format=torch.channels_last)
    train = {"batch_size": IMAGES, "learning_rate": 0.02, "schedule": "constant", "momentum": 0.9}
    trainer = Trainer(
        built,
        digits(),
        digits(),
        config=STUDY.train.model_copy(update=train),
        epochs=STEPS,
        augment=OFF,
        gradients=gradients_config(every=1, snapshots=2),
        seed=0,
        checkpoint=Checkpoint(folder / "run"),
    )
    trainer.run("test")
    losses = trainer.progress.losses
    assert len(losses) == STEPS
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] < losses[0]
    largest = np.max(trainer.recording.columns["grad_norm"], axis=0)
    names = [f"{tensor.layer}.{tensor.param}" for tensor in trainer.recording.tensors]
    assert names == [name for name, _ in built.named_parameters()]
    assert [name for name, norm in zip(names, largest, strict=True) if not 0 < norm < math.inf] == []


@pytest.mark.parametrize("network", DEPTHS)
@pytest.mark.parametrize("shortcut", kinds(shortcuts))
def test_every_network_trains_with_every_shortcut(tmp_path, network, shortcut):
    assert_trains(tmp_path, network, shortcut=shortcut)


@pytest.mark.parametrize("network", DEPTHS)
def test_every_plain_twin_trains(tmp_path, network):
    assert_trains(tmp_path, network, residual=False)


@pytest.mark.parametrize("network", ["cifar_resnet", "fully_connected"])
@pytest.mark.parametrize(
    "changes",
    [
        {"normalization": "group", "width": 16},
        *({"normalization": name} for name in ("layer", "scalar", "none")),
        *({"activation": name} for name in kinds(activations)),
        *({"initialization": name} for name in ("xavier", "orthogonal", "normal", "uniform", "zero_gamma")),
        {"initialization": "fixup", "normalization": "scalar"},
        {"activation": "maxout", "shortcut": "projection", "dropout": 0.1},
    ],
    ids=lambda changes: "-".join(str(value) for value in changes.values()),
)
def test_every_choice_trains(tmp_path, network, changes):
    assert_trains(tmp_path, network, **changes)
