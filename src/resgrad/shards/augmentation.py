"""Random augmentation of a batch of images, each image with its own draw, without a Python loop over images.

The numbers are drawn for a whole epoch at once from one generator on the host, so that they are the same on every
device. The formulas are those of torchvision.transforms.functional, which processes one image at a time and is the
reference in the tests.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resgrad.shards.config import AugmentConfig

_LUMA = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in brightness: ITU-R BT.601, rounded as in torchvision."""


@dataclass(frozen=True)
class Draws:
    """One value per image, on the host: flips as booleans, shifts in pixels, rotation in degrees, factors about 1."""

    horizontal_flip: Tensor | None = None
    vertical_flip: Tensor | None = None
    shift: Tensor | None = None
    rotation: Tensor | None = None
    brightness: Tensor | None = None
    contrast: Tensor | None = None
    saturation: Tensor | None = None

    def batch(self, rows: slice) -> "Draws":
        """Return the draws of some images."""
        return Draws(**{name: None if values is None else values[rows] for name, values in vars(self).items()})


NO_DRAWS = Draws()
"""Leaves images as they are."""


def draw(config: AugmentConfig, images: int, generator: torch.Generator) -> Draws:
    """Draw for this many images; a change that the configuration switches off is ``None``."""

    def flip(wanted: bool) -> Tensor | None:
        return torch.rand(images, generator=generator) < 0.5 if wanted else None

    def uniform(low: float, high: float) -> Tensor | None:
        return torch.empty(images).uniform_(low, high, generator=generator) if high > low else None

    padding = config.crop_padding
    return Draws(
        horizontal_flip=flip(config.horizontal_flip),
        vertical_flip=flip(config.vertical_flip),
        shift=torch.randint(-padding, padding + 1, (images, 2), generator=generator) if padding else None,
        rotation=uniform(-config.rotation, config.rotation),
        brightness=uniform(1 - config.brightness, 1 + config.brightness),
        contrast=uniform(1 - config.contrast, 1 + config.contrast),
        saturation=uniform(1 - config.saturation, 1 + config.saturation),
    )


def apply(images: Tensor, draws: Draws) -> Tensor:
    """Augment images, in the order of the statements below.

    Args:
        images: uint8, N x H x W x C; in this layout all channels of a pixel move together.
        draws: one draw of each kind per image.

    Returns:
        N x H x W x C, float32 in [0, 1].
    """
    if draws.brightness is not None:
        images = _blend(_scale(images), 0.0, draws.brightness)
    if draws.contrast is not None:
        images = _scale(images)
        images = _blend(images, _grey(images).mean((1, 2, 3), keepdim=True), draws.contrast)
    if draws.saturation is not None and images.shape[3] == 3:
        images = _scale(images)
        images = _blend(images, _grey(images), draws.saturation)
    if draws.rotation is not None:
        images = _rotate(_scale(images), draws.rotation)
    # Changes that only move pixels work on bytes, which is a quarter of the memory traffic.
    if draws.horizontal_flip is not None:
        images = _flip(images, draws.horizontal_flip, dim=2)
    if draws.vertical_flip is not None:
        images = _flip(images, draws.vertical_flip, dim=1)
    if draws.shift is not None:
        images = _shift(images, draws.shift)
    return _scale(images)


def _scale(images: Tensor) -> Tensor:
    return images if images.is_floating_point() else images.float().div_(255)


def _blend(images: Tensor, other: Tensor | float, share: Tensor) -> Tensor:
    share = share.view(-1, 1, 1, 1).to(images.device)
    return (share * images + (1 - share) * other).clamp_(0, 1)


def _grey(images: Tensor) -> Tensor:
    """Return brightness, N x H x W x 1."""
    if images.shape[3] == 1:
        return images
    return (images * torch.tensor(_LUMA, device=images.device)).sum(3, keepdim=True)


def _rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Rotate square images counter-clockwise about the centre, with bilinear interpolation and black outside."""
    radians = torch.deg2rad(degrees).to(images.device)
    cos, sin = radians.cos(), radians.sin()
    zero = torch.zeros_like(cos)
    matrices = torch.stack([torch.stack([cos, -sin, zero], dim=1), torch.stack([sin, cos, zero], dim=1)], dim=1)
    images = images.permute(0, 3, 1, 2)
    grid = functional.affine_grid(matrices, list(images.shape), align_corners=False)
    turned = functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return turned.permute(0, 2, 3, 1).contiguous()


def _flip(images: Tensor, chosen: Tensor, dim: int) -> Tensor:
    rows = chosen.nonzero()[:, 0].to(images.device)
    images = images.clone()
    images[rows] = images[rows].flip(dim)
    return images


def _shift(images: Tensor, shift: Tensor) -> Tensor:
    """Shift by (down, right) pixels and fill with black."""
    count, height, width, channels = images.shape
    padding = int(shift.abs().max())
    if not padding:
        return images
    padded = functional.pad(images, (0, 0, padding, padding, padding, padding))
    image, row, column, value = padded.stride()
    places = 2 * padding + 1
    # A view of every window of the original size in a padded image, without copying any.
    windows = padded.as_strided((count, places, places, height, width * channels), (image, row, column, row, value))
    down, right = (padding - shift).to(images.device).unbind(dim=1)
    return windows[torch.arange(count, device=images.device), down, right].view(images.shape)
