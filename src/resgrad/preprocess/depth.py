"""Pictures with more than eight bits a sample, brought down to eight without turning them black."""

import re
import sys

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

DEEP_COLOURS = re.compile(r"RGBA?;16[BLN]")
"""How Pillow calls the layout of colours of 16 bits (big-endian, little-endian, native); it keeps their upper bytes."""
OTHER_END = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}


def to_eight_bits(samples: np.ndarray) -> np.ndarray:
    """Keep the upper eight of the bits that a picture uses.

    A camera's 10, 12 or 14 bits are often stored as 16 without being scaled up, and nothing in the file says so.
    Therefore a picture is taken to have the fewest bits, of 8, 10, 12, 14, 16, ..., that hold its brightest sample:
    its scale is a power of four, and its brightest sample becomes at least 64 if it used more than eight bits. Samples
    below 0 show black. Floats run from 0 to 1 if all are below 2, else they are taken for integers; what is not
    finite shows black.

    Args:
        samples: integers or floats, of any shape.

    Returns:
        uint8, of the same shape.
    """
    if samples.dtype.kind == "f":
        samples = np.nan_to_num(samples, posinf=0, neginf=0)
        if samples.max() < 2:
            return np.rint(255 * samples.clip(0, 1)).astype(np.uint8)
        samples = samples.clip(0, 2.0**62).astype(np.int64)
    bits = max(8, int(samples.max()).bit_length())
    return (samples.clip(0) >> (bits + bits % 2 - 8)).astype(np.uint8)


def has_deep_colours(image: ImageFile) -> bool:
    """Tell whether an image that is not loaded yet has colours of 16 bits, which Pillow will cut to 8."""
    return bool(image.tile) and all(DEEP_COLOURS.fullmatch(_layout(tile.args)) for tile in image.tile)


def ask_for_lower_bytes(image: ImageFile) -> None:
    """Have Pillow take the other byte of each sample, of an image with deep colours that is not loaded yet."""
    image.tile = [tile._replace(args=_with_layout(tile.args, _other_end(_layout(tile.args)))) for tile in image.tile]


def join_bytes(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """Make one picture of the upper and the lower bytes of its samples, RGB or RGBA; opacity has bits of its own."""
    samples = np.asarray(upper).astype(np.uint16) << 8 | np.asarray(lower)
    colours, opacity = samples[..., :3], samples[..., 3:]
    parts = [to_eight_bits(part) for part in (colours, opacity) if part.size]
    return Image.fromarray(np.concatenate(parts, axis=2))


def _layout(args: object) -> str:
    """Read the raw mode of a tile, which stands alone or comes first."""
    return str(args[0]) if isinstance(args, tuple) else str(args)


def _with_layout(args: object, layout: str) -> object:
    return (layout, *args[1:]) if isinstance(args, tuple) else layout


def _other_end(layout: str) -> str:
    return layout[:-1] + OTHER_END[layout[-1]]
