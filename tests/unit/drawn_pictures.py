"""A picture to encode, and functions to examine the decoded result."""

from io import BytesIO

import numpy as np
from PIL import Image

RAMP = np.add.outer(np.linspace(20, 150, 96), np.linspace(0, 80, 128))
PHOTO = np.uint8(np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=2))
SCENE = np.linspace(0, 1, 64).reshape(8, 8, 1)


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def photo(kind: str = "PNG", **options) -> bytes:
    return encode(Image.fromarray(PHOTO), kind, **options)


def block_means(pixels: np.ndarray, rows: int, columns: int) -> np.ndarray:
    height, width, channels = pixels.shape
    blocks = pixels.reshape(rows, height // rows, columns, width // columns, channels)
    return blocks.mean(axis=(1, 3)).transpose(2, 0, 1)
