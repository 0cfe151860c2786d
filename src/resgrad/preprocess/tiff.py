"""What Pillow does not look at in a TIFF: whether its directory may be relied on, and which end of its scale is white.

Pillow makes a Python number of every value that it needs, and libtiff allocates a whole tile, however small the picture
is: without a bound, a file of 60 MB takes 2 GB, and one of a few kilobytes any amount. The layout is that of TIFF 6.0,
section 2, and of BigTIFF.
"""

import math
import struct

from PIL import Image
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

MAX_VALUES = 1 << 17
"""Maximum numbers in one entry, enough for the offsets of as many strips of one line each."""

BYTE_TYPES = {1, 2, 6, 7}
"""BYTE, ASCII, SBYTE and UNDEFINED, which are kept as bytes, such as a colour profile."""
VALUE_BYTES = {3: 2, 4: 4}
"""SHORT and LONG; the other type of number (LONG8) fills its field."""
TILE_SIDES = (322, 323)
"""TileWidth and TileLength."""


WHITE_IS_ZERO = 0
"""A value of PhotometricInterpretation, common where X-rays or microscopes are scanned."""


def has_white_zero(image: Image.Image) -> bool:
    """Say whether 0 is white in a grey picture of 16 or 32 bits, which Pillow does not invert, as it does others."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == WHITE_IS_ZERO


def claims_too_much(data: bytes, max_pixels: int) -> bool:
    """Say whether the first directory has an entry of too many numbers, or tiles of more than ``max_pixels``.

    In a truncated file only the existing part is checked; the decoder will report the damage.
    """
    order, is_big = ("<" if data.startswith(b"II") else ">"), data[2:3] == b"+"
    entry = struct.Struct(order + ("HHQ8s" if is_big else "HHI4s"))
    try:
        (start,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
        (entries,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, start)
    except (struct.error, OverflowError):
        return False
    start += 8 if is_big else 2
    sides = dict.fromkeys(TILE_SIDES, 1)
    for place in range(start, min(start + entries * entry.size, len(data) - entry.size + 1), entry.size):
        tag, kind, count, value = entry.unpack_from(data, place)
        if kind not in BYTE_TYPES and count > MAX_VALUES:
            return True
        if tag in sides:
            side = int.from_bytes(value[: VALUE_BYTES.get(kind)], "little" if order == "<" else "big")
            sides[tag] = max(sides[tag], side)
    return math.prod(sides.values()) > max_pixels
