"""What the first bytes of an image file say, read before anything is decoded."""

from io import BytesIO
from typing import Literal

from PIL import Image

FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF")
"""All that Pillow is let near; its other plug-ins reach as far as Ghostscript."""
MAX_PIXELS = 1 << 26
"""Largest picture that is decoded, 67 megapixels; a few kilobytes can claim far more than fits in memory."""

Fault = Literal["not_an_image", "damaged", "too_large"]


def fault_of(data: bytes) -> Fault | None:
    """Say why a file cannot be used, as far as its header tells; None where it tells nothing against it."""
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "too_large"
    except Exception:  # whatever a decoder makes of damaged bytes: OSError, SyntaxError, struct.error, ...
        return "not_an_image"
    return "too_large" if image.width * image.height > MAX_PIXELS else None
