import importlib

import pytest
import torch

from resgrad.common.vision import torchvision
from resgrad.shards.augmentation import Draws, apply, draw
from resgrad.shards.config import AugmentConfig

OFF = {
    "horizontal_flip": False,
    "vertical_flip": False,
    "crop_padding": 0,
    "rotation": 0,
    "brightness": 0.0,
    "contrast": 0.0,
    "saturation": 0.0,
}
functional = importlib.import_module("torchvision.transforms.v2.functional")


def config(**changes):
    return AugmentConfig(**{**OFF, **changes})


def images(channels=3, count=5, size=9):
    """Return the same images twice: N x H x W x C as bytes, and N x C x H x W from 0 to 1."""
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(256, (count, size, size, channels), dtype=torch.uint8, generator=generator)
    return pixels, pixels.permute(0, 3, 1, 2) / 255


def channels_first(batch):
    return batch.permute(0, 3, 1, 2)


def shifted(image, shift):
    down, right = shift.tolist()
    return functional.affine(image, angle=0, translate=[right, down], scale=1.0, shear=[0.0, 0.0])


REFERENCE = {
    "horizontal_flip": (True, lambda image, value: functional.horizontal_flip(image) if value else image),
    "vertical_flip": (True, lambda image, value: functional.vertical_flip(image) if value else image),
    "crop_padding": (3, shifted),
    "rotation": (
        30.0,
        lambda image, value: functional.rotate(
            image, value.item(), interpolation=torchvision.transforms.InterpolationMode.BILINEAR
        ),
    ),
    "brightness": (0.5, lambda image, value: functional.adjust_brightness(image, value.item())),
    "contrast": (0.5, lambda image, value: functional.adjust_contrast(image, value.item())),
    "saturation": (0.5, lambda image, value: functional.adjust_saturation(image, value.item())),
}
DRAWN = {"crop_padding": "shift"}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 5])
def test_a_batch_in_which_no_image_is_shifted_is_what_it_was(channels, count):
    pixels, reference = images(channels, count)
    draws = Draws(shift=torch.zeros(count, 2, dtype=torch.int64))
    torch.testing.assert_close(channels_first(apply(pixels, draws)), reference)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("key", REFERENCE)
def test_each_change_is_torchvisions_image_by_image(key, channels):
    setting, reference = REFERENCE[key]
    pixels, batch = images(channels)
    draws = draw(config(**{key: setting}), len(batch), torch.Generator().manual_seed(2))
    values = getattr(draws, DRAWN.get(key, key))
    expected = torch.stack([reference(image, value) for image, value in zip(batch, values, strict=True)])
    assert not torch.equal(expected, batch) or (key == "saturation" and channels == 1)
    torch.testing.assert_close(channels_first(apply(pixels, draws)), expected, rtol=1e-5, atol=2e-5)


def test_all_changes_together_are_applied_in_the_documented_order():
    pixels, batch = images()
    everything = {key: setting for key, (setting, _) in REFERENCE.items()}
    draws = draw(config(**everything), len(batch), torch.Generator().manual_seed(2))
    expected = []
    for n, image in enumerate(batch):
        changed = image
        for key in (
            "brightness",
            "contrast",
            "saturation",
            "rotation",
            "horizontal_flip",
            "vertical_flip",
            "crop_padding",
        ):
            changed = REFERENCE[key][1](changed, getattr(draws, DRAWN.get(key, key))[n])
        expected.append(changed)
    torch.testing.assert_close(channels_first(apply(pixels, draws)), torch.stack(expected), rtol=1e-5, atol=5e-5)


def test_every_image_has_its_own_draw():
    draws = draw(config(**{key: setting for key, (setting, _) in REFERENCE.items()}), 64, torch.Generator())
    for name, values in vars(draws).items():
        assert len(values.unique(dim=0)) > 1, name


def test_draws_come_from_their_generator_alone():
    everything = config(**{key: setting for key, (setting, _) in REFERENCE.items()})

    def drawn(seed, state):
        torch.manual_seed(state)
        return vars(draw(everything, 64, torch.Generator().manual_seed(seed)))

    first, again, other = drawn(0, state=0), drawn(0, state=1), drawn(1, state=0)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_draws_are_uniform_over_the_documented_range():
    draws = draw(config(**{key: setting for key, (setting, _) in REFERENCE.items()}), 4000, torch.Generator())
    for flips in (draws.horizontal_flip, draws.vertical_flip):
        assert 0.46 < flips.double().mean() < 0.54
    assert draws.shift.unique().tolist() == list(range(-3, 4))
    factors = (draws.brightness, draws.contrast, draws.saturation)
    for values, low, high in ((draws.rotation, -30, 30), *((factor, 0.5, 1.5) for factor in factors)):
        assert low <= values.min() < low + 0.01 * (high - low)
        assert high >= values.max() > high - 0.01 * (high - low)


def test_nothing_is_drawn_and_nothing_changes_when_all_is_off():
    draws = draw(config(), 5, torch.Generator())
    assert set(vars(draws).values()) == {None}
    pixels, batch = images()
    assert torch.equal(channels_first(apply(pixels, draws)), batch)
    assert torch.equal(pixels, images()[0])


def test_a_batch_takes_its_own_rows():
    draws = draw(config(rotation=10.0), 10, torch.Generator())
    part = draws.batch(slice(4, 7))
    assert torch.equal(part.rotation, draws.rotation[4:7])
    assert {name for name, values in vars(part).items() if values is not None} == {"rotation"}
