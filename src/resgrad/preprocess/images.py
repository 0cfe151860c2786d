"""Decode pictures and bring them to one size: bytes in, channels x height x width in uint8 out; needs no torch."""

from io import BytesIO
from typing import Literal

import numpy as np
import simplejpeg
from PIL import Image

from resgrad.common.errors import ResgradError

Color = Literal["grey", "rgb"]

JPEG, PNG = b"\xff\xd8", b"\x89PNG"
"""How the files begin."""

MAX_PIXELS = 1 << 26
"""Largest picture that is decoded, 67 megapixels; a few kilobytes of PNG can claim far more than fits in memory."""


class ImageError(ResgradError):
    """A file that cannot be used as a picture; ``reason`` is what it is counted under."""

    def __init__(self, reason: Literal["not_an_image", "damaged", "too_large"]):
        super().__init__(reason)
        self.reason = reason


def decode(data: bytes, size: int, color: Color) -> np.ndarray:
    """Decode a JPEG or PNG to ``size`` x ``size`` pixels, uint8, C x H x W.

    A JPEG is decoded straight to the smallest multiple of 1/8 of its size that is not below ``size`` (libjpeg-turbo
    leaves out the high frequencies, which costs a quarter of the time); everything else by Pillow. What remains is
    resized by :func:`resize`. Orientation tags are ignored, as torchvision's ``ImageFolder`` does.

    Raises:
        ImageError: neither a JPEG nor a PNG, cut short or damaged, or more than MAX_PIXELS.
    """
    pixels = _decode_scaled(data, size, color) if data.startswith(JPEG) else None
    return resize(np.asarray(_flatten(_open(data), color)) if pixels is None else pixels, size)


def resize(pixels: np.ndarray, size: int) -> np.ndarray:
    """Resize a grey (H x W) or RGB (H x W x 3) picture to a square, C x H x W; other aspect ratios are stretched.

    The filter is Pillow's BILINEAR, which averages over the whole source area when shrinking; it is what
    torchvision's ``Resize((size, size))`` does to a Pillow image.
    """
    if pixels.shape[:2] != (size, size):
        pixels = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR))
    return np.ascontiguousarray(pixels.reshape(size, size, -1).transpose(2, 0, 1))


def from_pixels(pixels: np.ndarray, size: int, color: Color) -> np.ndarray:
    """Bring one picture, H x W or H x W x 3, to ``size`` x ``size``, C x H x W; as RGB, grey has three equal channels.

    Colours become grey as Pillow has it, ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B.
    """
    if pixels.ndim == 3 and color == "grey":
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))
    resized = resize(pixels, size)
    return np.repeat(resized, 3, axis=0) if color == "rgb" and pixels.ndim == 2 else resized


def _decode_scaled(data: bytes, size: int, color: Color) -> np.ndarray | None:
    """Decode a JPEG at reduced size, H x W or H x W x 3; None leaves the judgement to Pillow.

    That is for CMYK, whose inverted variant libjpeg-turbo does not know, and for all that it refuses or warns about:
    a file with stray bytes is fine, one cut short is not.
    """
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        if int(height) * int(width) > MAX_PIXELS:
            raise ImageError("too_large")
        if space == "CMYK":
            return None
        colorspace = "GRAY" if color == "grey" else "RGB"
        pixels = simplejpeg.decode_jpeg(data, colorspace, min_height=size, min_width=size)
    except ValueError:
        return None
    return pixels[..., 0] if color == "grey" else pixels


def _open(data: bytes) -> Image.Image:
    """Decode with Pillow, but nothing except JPEG and PNG: its other plug-ins reach as far as Ghostscript."""
    try:
        image = Image.open(BytesIO(data), formats=("JPEG", "PNG"))
        if image.width * image.height <= MAX_PIXELS:
            image.load()
            return image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pass  # Pillow's own limits, 179 and 89 megapixels, are above ours
    except Exception:  # whatever a decoder makes of damaged bytes: OSError, SyntaxError, struct.error, ...
        raise ImageError("damaged" if data.startswith((JPEG, PNG)) else "not_an_image") from None
    raise ImageError("too_large")


def _flatten(image: Image.Image, color: Color) -> Image.Image:
    """Convert any mode to 8-bit grey or RGB; what is transparent shows white, as on paper."""
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if color == "grey" else "RGB")
