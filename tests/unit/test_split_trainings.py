import pandas as pd
import pytest
import torch

from resgrad.audit.config import AuditConfig
from resgrad.audit.trainings import splits_differ, train_on_both_splits
from resgrad.common.config import load, read
from resgrad.shards.batches import Batches
from resgrad.shards.config import AugmentConfig
from resgrad.shards.shards import Shards
from resgrad.training import run
from resgrad.training.config import TrainConfig
from resgrad.training.loop import Trainer
from tests.paths import PARAMS
from tests.unit.leaf_shards import write_shards

AUGMENT = load(AugmentConfig, read(PARAMS)["data"]["plantvillage"]["augment"])


@pytest.fixture
def shards(tmp_path):
    write_shards(tmp_path / "shards")
    return Shards(tmp_path / "shards")


@pytest.fixture
def train(tmp_path):
    """Return a function that trains on some shards; checkpoints are in ``tmp_path / "checkpoints"``."""

    def on(shards, *, augment=None, **changes):
        config = load(TrainConfig, {**read(PARAMS)["train"], "batch_size": 16, **changes}, "train")
        return train_on_both_splits(
            "plantvillage",
            shards,
            config=AuditConfig(depth=8, width=2, epochs=2, seeds=[3, 1]),
            train=config,
            augment=augment or AUGMENT,
            device=torch.device("cpu"),
            checkpoints=tmp_path / "checkpoints",
        )

    return on


def test_every_network_is_tested_on_the_test_images_of_its_own_split(shards, train):
    hits = train(shards)
    assert set(hits["correct"]) == {0, 1}
    for (scheme, _), of_network in hits.groupby(["scheme", "seed"]):
        assert of_network["id"].tolist() == shards.read("test", scheme)[2]
        index = shards.index().to_pandas().set_index("id")
        assert of_network["group"].tolist() == index.loc[of_network["id"], "group"].tolist()
    assert hits.groupby(["scheme", "seed"]).size().to_dict() == dict.fromkeys(
        [("leaf", 1), ("leaf", 3), ("random", 1), ("random", 3)], 24
    )


def test_two_equal_splits_give_equal_networks(tmp_path, train):
    """Same initial weights, same order of images, same augmentation: only the split differs."""
    write_shards(tmp_path / "equal", leaves=False)
    leaf, random = (hits for _, hits in train(Shards(tmp_path / "equal")).groupby("scheme"))
    assert leaf["correct"].tolist() == random["correct"].tolist()
    assert 0 < leaf["correct"].mean() < 1, "tells nothing"


def test_all_networks_are_small_residual_ones_from_the_weights_of_their_seed(shards, train, monkeypatch):
    build, built = run.build_network, []

    def logged(model, **named):
        built.append((model, named))
        return build(model, **named)

    monkeypatch.setattr(run, "build_network", logged)
    train(shards)
    common = {"depth": 8, "residual": True, "image_shape": (3, 8, 8), "classes": 3}
    assert [named for _, named in built] == [{**common, "seed": seed} for seed in (3, 1, 3, 1)]
    assert {(model.network, model.shortcut, model.width) for model, _ in built} == {("cifar_resnet", "zero_padding", 2)}


def test_an_image_counts_as_recognised_where_its_own_class_is_the_most_probable_one(shards, train, monkeypatch):
    def always_a_bee(_network, images):
        return torch.tensor([[0.3, 0.4, 0.3]]).double().log().repeat(len(images), 1)

    monkeypatch.setattr("resgrad.audit.trainings.log_probabilities", always_a_bee)
    hits = train(shards)
    assert hits["correct"].tolist() == [float(image.startswith("bee/")) for image in hits["id"]]
    assert hits["correct"].mean() == pytest.approx(1 / 3)


def test_every_network_learns_from_images_that_are_changed_as_asked_with_its_own_seed(shards, train, monkeypatch):
    asked = load(AugmentConfig, read(PARAMS)["data"]["mnist"]["augment"]).model_copy(update={"rotation": 30.0})
    seen = []
    shuffled = Batches.shuffled

    def logged(self, batch_size, augment, seed, epoch):
        seen.append((batch_size, augment, seed, epoch))
        return shuffled(self, batch_size, augment, seed, epoch)

    monkeypatch.setattr(Batches, "shuffled", logged)
    train(shards, augment=asked)
    assert seen == [(16, asked, seed, epoch) for _ in ("leaf", "random") for seed in (3, 1) for epoch in (1, 2)]


def test_splits_differ_where_there_are_leaves(tmp_path, shards):
    write_shards(tmp_path / "digits", leaves=False)
    assert splits_differ(shards)
    assert not splits_differ(Shards(tmp_path / "digits"))


def test_test_images_are_read_once_and_after_training(shards, train, monkeypatch):
    events = []
    read, run = Shards.read, Trainer.run

    def logged_read(self, split, scheme=None):
        events.append(f"{scheme} {split}")
        return read(self, split, scheme)

    def logged_run(self, title):
        events.append("training")
        run(self, title)

    monkeypatch.setattr(Shards, "read", logged_read)
    monkeypatch.setattr(Trainer, "run", logged_run)
    train(shards)
    assert events == [
        step
        for scheme in ("leaf", "random")
        for step in (f"{scheme} train", f"{scheme} validation", "training", "training", f"{scheme} test")
    ]


def test_what_was_interrupted_goes_on_and_repeats_nothing(tmp_path, shards, train, monkeypatch):
    undisturbed = train(shards)
    run, runs = Trainer.run, []

    def interrupted_run(self, title):
        runs.append(title)
        if len(runs) == 4:
            raise KeyboardInterrupt
        run(self, title)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run", interrupted_run)
        with pytest.raises(KeyboardInterrupt):
            train(shards)
    finished = sorted((tmp_path / "checkpoints").glob("*/state.safetensors"))
    assert len(finished) == 3

    steps = []
    step = Trainer._step

    def counted_step(self, *arguments):
        steps.append(arguments[0])
        return step(self, *arguments)

    monkeypatch.setattr(Trainer, "_step", counted_step)
    pd.testing.assert_frame_equal(train(shards), undisturbed)
    assert steps == list(range(10)), "two epochs of five steps of the fourth network, and no other"
    assert not list((tmp_path / "checkpoints").iterdir())


def test_a_network_that_diverged_counts_as_guessing(shards, train):
    hits = train(shards, learning_rate=1e30)
    assert hits["correct"].tolist() == [1 / 3] * len(hits)
