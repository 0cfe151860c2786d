"""Reduce pictures with more than eight bits per sample to eight bits without turning them black."""

import re
import sys
import zlib

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

DEEP_COLOURS = re.compile(r"RGB[AX]?;16[BLN]")
"""Pillow's names for layouts of 16-bit colours (big-endian, little-endian, native), of which it keeps the upper bytes.
A is opacity, X a channel of some other meaning."""
PREMULTIPLIED = "RGBa;16"
"""How its names begin for 16-bit colours that were multiplied by opacity, which it divides by the upper bytes alone."""
BITS_PER_SAMPLE, SAMPLES_PER_PIXEL, PLANAR_CONFIGURATION = 258, 277, 284
"""Tags of a TIFF (Adobe, TIFF Revision 6.0, section 8)."""
ONE_PLANE_AFTER_ANOTHER = 2
OTHER_END = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}


DEEP_GREY = "LA;16B"
"""Its name for 16-bit grey with opacity, of which it offers the upper bytes alone; only PNG has it."""
HEADER = slice(12, 29)
"""Where a PNG has type and content of its header: IHDR, width, height, bits per sample, colour type and three more."""
RGBA = bytes([8, 6])
"""Eight bits per sample, and the colour type of RGB with opacity."""


def to_eight_bits(samples: np.ndarray) -> np.ndarray:
    """Keep the upper eight of the bits that a picture uses.

    A camera's 10, 12 or 14 bits are often stored as 16 without scaling, and nothing in the file says so. A picture is
    therefore assumed to have the fewest bits, of 8, 10, 12, 14, 16, ..., that hold its brightest sample: its scale is a
    power of four, and its brightest sample becomes at least 64 if it used more than eight bits. Samples below 0 become
    black. Floats are taken to range from 0 to 1 if all are below 2, else to be integers; non-finite ones become black.

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
    """Say whether an image that is not loaded yet has 16-bit colours, which Pillow will cut to 8 bits."""
    return bool(image.tile) and all(DEEP_COLOURS.fullmatch(_layout(tile.args)) for tile in image.tile)


def is_misread(image: ImageFile) -> bool:
    """Say whether an image that is not loaded yet has 16-bit colours in a layout that Pillow reads wrongly.

    That is a TIFF that has one plane after another, which it reads as if each sample had eight bits, or colours that
    were multiplied by their opacity.
    """
    tags = getattr(image, "tag_v2", {})
    planes = tags.get(PLANAR_CONFIGURATION) == ONE_PLANE_AFTER_ANOTHER and tags.get(SAMPLES_PER_PIXEL, 1) > 1
    if planes and max(tags.get(BITS_PER_SAMPLE, (1,))) > 8:
        return True
    return any(_layout(tile.args).startswith(PREMULTIPLIED) for tile in image.tile)


def ask_for_lower_bytes(image: ImageFile) -> None:
    """Make Pillow take the other byte of each sample, for an image with 16-bit colours that is not loaded yet."""
    image.tile = [tile._replace(args=_with_layout(tile.args, _other_end(_layout(tile.args)))) for tile in image.tile]


def has_deep_grey(image: ImageFile) -> bool:
    """Say whether an image that is not loaded yet is a PNG of 16-bit grey with opacity."""
    return bool(image.tile) and all(_layout(tile.args) == DEEP_GREY for tile in image.tile)


def with_bytes_as_channels(png: bytes) -> bytes:
    """Declare a PNG of 16-bit grey with opacity as one of 8-bit RGBA, which has as many bytes a pixel."""
    header = png[HEADER]
    header = header[:12] + RGBA + header[14:]
    checksum = zlib.crc32(header).to_bytes(4, "big")
    return png[: HEADER.start] + header + checksum + png[HEADER.stop + len(checksum) :]


def join_channels(image: Image.Image) -> Image.Image:
    """Join the bytes of 16-bit grey with opacity, which are an image's channels; opacity is scaled separately."""
    samples = np.ascontiguousarray(image).view(">u2").astype(np.uint16)
    return Image.merge("LA", [Image.fromarray(to_eight_bits(samples[..., part])) for part in range(2)])


def join_bytes(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """Join the upper and lower bytes of a picture's samples, RGB, RGBA or RGBX; opacity is scaled separately."""
    samples = np.asarray(upper).astype(np.uint16) << 8 | np.asarray(lower)
    colours, opacity = samples[..., :3], samples[..., 3 : 4 if upper.mode == "RGBA" else 3]
    parts = [to_eight_bits(part) for part in (colours, opacity) if part.size]
    return Image.fromarray(np.concatenate(parts, axis=2))


def _layout(args: object) -> str:
    """Return the raw mode of a tile, which is the only argument or the first."""
    return str(args[0]) if isinstance(args, tuple) else str(args)


def _with_layout(args: object, layout: str) -> object:
    return (layout, *args[1:]) if isinstance(args, tuple) else layout


def _other_end(layout: str) -> str:
    return layout[:-1] + OTHER_END[layout[-1]]
