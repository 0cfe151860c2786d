import numpy as np
import pytest
import torch

from resgrad.shards import batches as module
from resgrad.shards.batches import Batches, steps_per_epoch
from resgrad.shards.config import AugmentConfig
from resgrad.shards.images import Images
from resgrad.shards.shards import Shards
from tests.unit.leaf_shards import write_shards

OFF = AugmentConfig(
    horizontal_flip=False,
    vertical_flip=False,
    crop_padding=0,
    rotation=0,
    brightness=0.0,
    contrast=0.0,
    saturation=0.0,
)


@pytest.fixture
def batches():
    """Ten images of 1 x 2 x 2 whose every pixel is the image's own number, and whose label is that number."""
    pixels = np.repeat(np.arange(10, dtype=np.uint8), 4).reshape(10, 1, 2, 2)
    return Batches(pixels, np.arange(10), mean=[0.5], std=[0.25], device=torch.device("cpu"))


def test_images_are_normalised_with_the_given_mean_and_deviation(batches):
    images, labels = next(batches.in_order(10))
    expected = (labels.float() / 255 - 0.5) / 0.25
    torch.testing.assert_close(images[:, 0, 0, 0], expected)


def test_a_channel_without_any_spread_is_moved_to_0_and_not_scaled():
    pixels = np.full((2, 1, 2, 2), 102, np.uint8)
    flat = Batches(pixels, np.arange(2), mean=[0.3], std=[0.0], device=torch.device("cpu"))
    images, _ = next(flat.in_order(2))
    torch.testing.assert_close(images, torch.full((2, 1, 2, 2), 102 / 255 - 0.3))


@pytest.mark.parametrize("scheme", [None, "leaf", "random"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_is_read_with_the_scaling_of_its_scheme(tmp_path, split, scheme):
    write_shards(tmp_path / "leaves")
    shards = Shards(tmp_path / "leaves")
    batches, ids = Batches.read(shards, split, torch.device("cpu"), scheme)
    used = scheme or shards.manifest["split"]
    index = shards.index().to_pandas()
    assert ids == index.loc[index[f"split_{used}"] == split, "id"].tolist()
    pixels, labels, _ = shards.read(split, used)
    scaling = shards.manifest["scaling"][used]
    images, found = next(batches.in_order(len(ids)))
    assert found.tolist() == labels.tolist()
    expected = torch.from_numpy(np.asarray(pixels[np.arange(len(ids))]).astype(np.float32) / 255)
    mean, std = (torch.tensor(scaling[name]).reshape(1, 3, 1, 1) for name in ("mean", "std"))
    torch.testing.assert_close(images.contiguous(), (expected - mean) / std)


def test_in_order_keeps_order_and_remainder(batches):
    assert [labels.tolist() for _, labels in batches.in_order(4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_shuffled_yields_each_image_once_in_batches_of_nearly_equal_size(batches):
    parts = [labels for _, labels in batches.shuffled(4, OFF, seed=0, epoch=1)]
    assert [len(part) for part in parts] == [4, 3, 3]
    assert sorted(torch.cat(parts).tolist()) == list(range(10))


def test_images_stay_with_their_labels(batches):
    for images, labels in batches.shuffled(3, OFF, seed=0, epoch=1):
        torch.testing.assert_close(images[:, 0, 1, 1], (labels.float() / 255 - 0.5) / 0.25)


def order(batches, seed, epoch):
    return torch.cat([labels for _, labels in batches.shuffled(4, OFF, seed, epoch)]).tolist()


def test_the_order_depends_on_seed_and_epoch_and_on_nothing_else(batches):
    assert order(batches, 0, 1) == order(batches, 0, 1)
    assert order(batches, 0, 1) != order(batches, 0, 2)
    assert order(batches, 0, 1) != order(batches, 1, 1)


def test_augmentation_follows_the_image_not_the_batch(batches):
    """With shifts of up to a pixel, an image looks the same for any batch size."""
    augment = OFF.model_copy(update={"crop_padding": 1})

    def epoch(size):
        pairs = list(batches.shuffled(size, augment, seed=0, epoch=1))
        return torch.cat([i for i, _ in pairs]), torch.cat([label for _, label in pairs])

    (one, labels_one), (whole, labels_whole) = epoch(1), epoch(10)
    assert torch.equal(labels_one, labels_whole)
    assert torch.equal(one, whole)


def test_augmentation_is_drawn_anew_for_every_epoch_and_seed():
    """With identical images, order changes nothing: any difference comes from augmentation."""
    pixels = np.tile(np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4), (20, 1, 1, 1))
    alike = Batches(pixels, np.zeros(20, int), [0.0], [1.0], torch.device("cpu"))
    augment = OFF.model_copy(update={"crop_padding": 1})

    def images(seed, epoch):
        return next(alike.shuffled(20, augment, seed, epoch))[0]

    assert torch.equal(images(0, 1), images(0, 1))
    assert not torch.equal(images(0, 1), images(0, 2))
    assert not torch.equal(images(0, 1), images(1, 1))


def test_a_constant_channel_is_centred_only():
    batches = Batches(np.full((2, 1, 2, 2), 255, np.uint8), np.zeros(2, int), [1.0], [0.0], torch.device("cpu"))
    images, _ = next(batches.in_order(2))
    assert torch.equal(images, torch.zeros(2, 1, 2, 2))


@pytest.mark.parametrize(("images", "size", "steps"), [(10, 4, 3), (8, 4, 2), (3, 64, 1)])
def test_steps_per_epoch(images, size, steps):
    assert steps_per_epoch(images, size) == steps


COLOURED = np.random.default_rng(0).integers(256, size=(10, 3, 4, 4), dtype=np.uint8)
GPU = torch.device("cuda")


def test_images_in_files_make_the_same_batches_as_images_in_memory():
    rows = np.array([9, 2, 3, 0, 7])

    def epoch(images):
        own = Batches(images, rows, [0.5] * 3, [0.25] * 3, torch.device("cpu"))
        augment = OFF.model_copy(update={"horizontal_flip": True, "crop_padding": 1})
        return [*own.shuffled(2, augment, seed=0, epoch=1), *own.in_order(3), own.at(torch.tensor([4, 1]))]

    apart = Images([COLOURED[:3], COLOURED[3:8], COLOURED[8:]], rows)
    for (own, labels), (other, other_labels) in zip(epoch(apart), epoch(COLOURED[rows]), strict=True):
        assert torch.equal(own, other)
        assert torch.equal(labels, other_labels)


def test_a_batch_has_the_pixels_of_its_images():
    own = Batches(COLOURED, np.arange(10), [0.0] * 3, [1.0] * 3, torch.device("cpu"))
    images, _ = own.at(torch.tensor([7, 2]))
    torch.testing.assert_close(images, torch.from_numpy(COLOURED[[7, 2]]) / 255)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_an_accelerator_gets_all_images_at_once_in_pieces(monkeypatch):
    monkeypatch.setattr(module, "PIECE", 4)
    resident = module._all_on(torch.device("cpu"), Images([COLOURED], np.arange(1, 10)))
    assert torch.equal(resident, torch.from_numpy(COLOURED[1:]).permute(0, 2, 3, 1))


@pytest.mark.parametrize(("free", "room"), [(2 * COLOURED.size, True), (2 * COLOURED.size - 2, False)])
def test_images_that_take_more_than_half_of_the_free_memory_stay_on_the_host_which_is_said(
    monkeypatch, capsys, free, room
):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, free))
    assert module._has_room(GPU, COLOURED) == room
    said = capsys.readouterr().err
    assert ("every batch is sent there by itself" in said) != room
