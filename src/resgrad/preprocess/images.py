"""Decode pictures and resize them: from bytes to channels x height x width in uint8; needs no torch."""

import re
from io import BytesIO
from typing import Literal

import numpy as np
import simplejpeg
from PIL import Image
from PIL.ImageFile import ImageFile

from resgrad.common.errors import ResgradError
from resgrad.preprocess import depth, orientation, tiff

Color = Literal["grey", "rgb"]

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
"""The formats that Pillow may open; some of its other plug-ins start programs such as Ghostscript."""
BEGINNING = re.compile(rb"\xff\xd8|\x89PNG|BM|GIF8|II[*+]\0|MM\0\*|RIFF.{4}WEBP", re.DOTALL)
"""The first bytes of their files."""
JPEG = b"\xff\xd8"
TIFF = (b"II", b"MM")
"""The first bytes of a TIFF, which give its byte order, little or big."""

MAX_PIXELS = 1 << 26
"""The largest picture that is decoded, 67 megapixels; a small PNG file can claim far more than fits in memory."""


class ImageError(ResgradError):
    """A file that cannot be used as a picture; it is counted under ``reason``."""

    def __init__(self, reason: Literal["not_an_image", "damaged", "too_large"]):
        super().__init__(reason)
        self.reason = reason


def decode(data: bytes, size: int, color: Color) -> np.ndarray:
    """Decode a picture in one of FORMATS to ``size`` x ``size`` pixels, uint8, C x H x W.

    A JPEG is decoded directly to the smallest multiple of 1/8 of its size that is not below ``size`` (libjpeg-turbo
    leaves out the high frequencies, which takes a quarter of the time). Pillow decodes everything else, and the first
    frame of an animation. The picture is turned upright according to its orientation tag, reduced to 8 bits by
    :func:`resgrad.preprocess.depth.to_eight_bits`, and resized by :func:`resize`.

    Raises:
        ImageError: the file has none of the formats, is truncated or damaged, or has more than MAX_PIXELS.
    """
    pixels = _decode_scaled(data, size, color) if data.startswith(JPEG) else None
    return resize(_decode_whole(data, color) if pixels is None else pixels, size)


def probe_header(data: bytes) -> None:
    """Check from a picture's header alone that it is in one of FORMATS and small enough; no pixel is decoded.

    Raises:
        ImageError: not_an_image, damaged (within the header) or too_large, as :func:`decode` would raise it.
    """
    if not data.startswith(JPEG) or _jpeg_space(data) is None:
        _open(data)


def resize(pixels: np.ndarray, size: int) -> np.ndarray:
    """Resize a grey (H x W) or RGB (H x W x 3) picture to a square, C x H x W; other aspect ratios are stretched.

    The filter is Pillow's BILINEAR, which averages over the whole source area when shrinking, as torchvision's
    ``Resize((size, size))`` does for a Pillow image.
    """
    if pixels.shape[:2] != (size, size):
        pixels = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR))
    return np.ascontiguousarray(pixels.reshape(size, size, -1).transpose(2, 0, 1))


def from_pixels(pixels: np.ndarray, size: int, color: Color) -> np.ndarray:
    """Resize one picture, H x W or H x W x 3, to ``size`` x ``size``, C x H x W; grey as RGB has three equal channels.

    Colours become grey as in Pillow, ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B.
    """
    if pixels.ndim == 3 and color == "grey":
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))
    resized = resize(pixels, size)
    return np.repeat(resized, 3, axis=0) if color == "rgb" and pixels.ndim == 2 else resized


def _decode_scaled(data: bytes, size: int, color: Color) -> np.ndarray | None:
    """Decode a JPEG at reduced size, H x W or H x W x 3; None leaves the decision to Pillow.

    That is for CMYK, whose inverted variant libjpeg-turbo does not support, and for files that it refuses or warns
    about: stray bytes are acceptable, truncation is not.
    """
    if _jpeg_space(data) in {None, "CMYK"}:
        return None
    try:
        colorspace = "GRAY" if color == "grey" else "RGB"
        pixels = simplejpeg.decode_jpeg(data, colorspace, min_height=size, min_width=size)
    except ValueError:
        return None
    pixels = pixels[..., 0] if color == "grey" else pixels
    turn = orientation.of_jpeg(data)
    return pixels if turn is None else np.asarray(Image.fromarray(pixels).transpose(turn))


def _jpeg_space(data: bytes) -> str | None:
    """Read a JPEG's colour space from its header; None if libjpeg-turbo does not understand it."""
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    if int(height) * int(width) > MAX_PIXELS:
        raise ImageError("too_large")
    return space


def _decode_whole(data: bytes, color: Color) -> np.ndarray:
    """Decode with Pillow, H x W or H x W x 3."""
    image = _open(data)
    if depth.is_misread(image):
        raise ImageError("damaged")
    try:
        deep, deep_grey = depth.has_deep_colours(image), depth.has_deep_grey(image)
        if deep_grey:
            image = _open(depth.with_bytes_as_channels(data))
        image.load()
        turn = orientation.of_image(image)
        if deep_grey:
            image = depth.join_channels(image)
        elif deep and np.asarray(image)[..., :3].max() < 64:  # brighter pictures use all 16 bits
            lower = _open(data)
            depth.ask_for_lower_bytes(lower)
            image = depth.join_bytes(image, lower)
        image = _flatten(image, color)
        return np.asarray(image if turn is None else image.transpose(turn))
    except Exception:  # any error that damaged bytes cause in a decoder: OSError, SyntaxError, struct.error, ...
        raise ImageError("damaged") from None


def _open(data: bytes) -> ImageFile:
    """Let Pillow read the header."""
    if not BEGINNING.match(data):
        raise ImageError("not_an_image")
    if data.startswith(TIFF) and tiff.claims_too_much(data, MAX_PIXELS):
        raise ImageError("too_large")
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError("too_large") from None  # Pillow's own limits, 179 and 89 megapixels, are above ours
    except Exception:  # as above
        raise ImageError("damaged") from None
    if image.width * image.height > MAX_PIXELS:
        raise ImageError("too_large")
    return image


def _flatten(image: Image.Image, color: Color) -> Image.Image:
    """Convert any mode to 8-bit grey or RGB; transparent parts become white, as on paper."""
    if image.mode[0] in "IF":  # 16 or 32 bits per pixel, which Pillow would clip at 255
        samples = depth.to_eight_bits(np.asarray(image))
        image = Image.fromarray(255 - samples if tiff.has_white_zero(image) else samples)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if color == "grey" else "RGB")
