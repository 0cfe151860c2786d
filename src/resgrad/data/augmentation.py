"""Random changes of a batch of images, each image with its own draw, without a Python loop over images.

The numbers are drawn for a whole epoch at once from one generator on the host, so that they are the same on every
device. Formulas are those of torchvision.transforms.functional, which treats one image at a time and is the reference
in the tests.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resgrad.data.config import AugmentConfig

_LUMA = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in brightness: ITU-R BT.601, as torchvision rounds them."""


@dataclass(frozen=True)
class Draws:
    """One value per image: flips as booleans, shifts in pixels, rotation in degrees, factors about 1."""

    horizontal_flip: Tensor | None
    vertical_flip: Tensor | None
    shift: Tensor | None
    rotation: Tensor | None
    brightness: Tensor | None
    contrast: Tensor | None
    saturation: Tensor | None

    def batch(self, rows: slice, device: torch.device) -> "Draws":
        """Take the draws of some images to a device."""
        return Draws(**{name: None if v is None else v[rows].to(device) for name, v in vars(self).items()})


def draw(config: AugmentConfig, images: int, generator: torch.Generator) -> Draws:
    """Draw for this many images; what the configuration switches off is ``None``."""

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
    """Change N x C x H x W images with values in [0, 1], in the order of the statements below."""
    if draws.brightness is not None:
        images = _blend(images, torch.zeros_like(images), draws.brightness)
    if draws.contrast is not None:
        images = _blend(images, _grey(images).mean((1, 2, 3), keepdim=True), draws.contrast)
    if draws.saturation is not None and images.shape[1] == 3:
        images = _blend(images, _grey(images), draws.saturation)
    if draws.horizontal_flip is not None:
        images = torch.where(_per_image(draws.horizontal_flip), images.flip(3), images)
    if draws.vertical_flip is not None:
        images = torch.where(_per_image(draws.vertical_flip), images.flip(2), images)
    if draws.rotation is not None:
        images = _rotate(images, draws.rotation)
    if draws.shift is not None:
        images = _shift(images, draws.shift)
    return images


def _per_image(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)


def _blend(images: Tensor, other: Tensor, share: Tensor) -> Tensor:
    share = _per_image(share)
    return (share * images + (1 - share) * other).clamp_(0, 1)


def _grey(images: Tensor) -> Tensor:
    """Return brightness, N x 1 x H x W."""
    if images.shape[1] == 1:
        return images
    return (images * torch.tensor(_LUMA, device=images.device).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Turn counter-clockwise about the centre, bilinear, black outside."""
    radians = torch.deg2rad(degrees)
    cos, sin = radians.cos(), radians.sin()
    height, width = images.shape[2:]
    zero = torch.zeros_like(cos)
    # In the normalised coordinates of affine_grid; the aspect ratio matters only for images that are not square.
    rows = [
        torch.stack([cos, -sin * height / width, zero], dim=1),
        torch.stack([sin * width / height, cos, zero], dim=1),
    ]
    grid = functional.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _shift(images: Tensor, shift: Tensor) -> Tensor:
    """Move by (down, right) pixels; black moves in."""
    count, _, height, width = images.shape
    padding = int(shift.abs().max())
    padded = functional.pad(images, (padding, padding, padding, padding))
    rows = torch.arange(height, device=images.device) + padding - shift[:, :1]
    columns = torch.arange(width, device=images.device) + padding - shift[:, 1:]
    image = torch.arange(count, device=images.device)
    # Indexing around the channel axis puts it last: N x H x W x C.
    return padded[image[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
