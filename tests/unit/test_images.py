import subprocess
import sys
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from resgrad.common.vision import torchvision
from resgrad.preprocess import images
from resgrad.preprocess.images import ImageError, decode, from_pixels, resize

RAMP = np.add.outer(np.linspace(20, 150, 96), np.linspace(0, 80, 128))
PHOTO = np.uint8(np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=2))


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


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_stretched_to_the_square(kind):
    decoded = decode(photo(kind), 32, "rgb")
    assert decoded.shape == (3, 32, 32)
    assert decoded.dtype == np.uint8
    # Away from the border, means over blocks of 3 x 4 pixels.
    difference = decoded.astype(float) - block_means(PHOTO, 32, 32)
    assert np.abs(difference[:, 1:-1, 1:-1]).mean() < 1.5


def test_a_png_is_resized_as_torchvision_does():
    expected = torchvision.transforms.Resize((40, 40))(Image.fromarray(PHOTO))
    assert np.array_equal(decode(photo(), 40, "rgb"), np.asarray(expected).transpose(2, 0, 1))


def test_a_jpeg_is_close_to_what_torchvision_does():
    data = photo("JPEG", quality=95)
    expected = np.asarray(torchvision.transforms.Resize((40, 40))(Image.open(BytesIO(data)))).transpose(2, 0, 1)
    assert np.abs(decode(data, 40, "rgb").astype(int) - expected).mean() < 1.5


@pytest.mark.parametrize("size", [8, 200])
def test_any_size_can_be_asked_for(size):
    assert decode(photo("JPEG"), size, "grey").shape == (1, size, size)


def test_grey_is_the_luma_of_the_colours():
    luma = PHOTO @ [0.299, 0.587, 0.114]
    for kind in ("PNG", "JPEG"):
        decoded = decode(photo(kind), 32, "grey")
        assert np.abs(decoded[0].astype(float) - block_means(luma[..., None], 32, 32)[0])[1:-1, 1:-1].mean() < 1.5


def test_a_grey_jpeg_becomes_three_equal_channels():
    decoded = decode(encode(Image.fromarray(PHOTO).convert("L"), "JPEG"), 32, "rgb")
    assert np.array_equal(decoded[0], decoded[1])
    assert np.array_equal(decoded[0], decoded[2])


def test_transparent_pixels_show_white():
    half = np.zeros((8, 8, 4), np.uint8)
    half[:, 4:] = [10, 20, 30, 255]
    decoded = decode(encode(Image.fromarray(half)), 8, "rgb")
    assert decoded[:, 0, 0].tolist() == [255, 255, 255]
    assert decoded[:, 0, 7].tolist() == [10, 20, 30]


def test_a_palette_with_a_transparent_colour():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 0)
    decoded = decode(encode(image, transparency=0), 8, "rgb")
    assert decoded[:, 0, 0].tolist() == [255, 255, 255]
    assert decoded[:, 7, 7].tolist() == [200, 100, 50]


def test_sixteen_bits_keep_the_upper_eight():
    deep = np.full((8, 8), 0x80FF, np.uint16)
    assert decode(encode(Image.fromarray(deep)), 8, "grey").tolist() == [[[0x80] * 8] * 8]


def test_cmyk_is_converted_as_pillow_does():
    data = encode(Image.fromarray(PHOTO).convert("CMYK"), "JPEG", quality=95)
    decoded = decode(data, 96, "rgb")
    expected = Image.open(BytesIO(data)).convert("RGB").resize((96, 96), Image.Resampling.BILINEAR)
    assert np.array_equal(decoded, np.asarray(expected).transpose(2, 0, 1))


def test_stray_bytes_in_a_jpeg_are_forgiven():
    data = photo("JPEG")
    assert np.array_equal(decode(data[:-2] + b"\0" * 50 + data[-2:], 96, "rgb"), decode(data, 96, "rgb"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_an_image"),
        (b"<html>not found</html>", "not_an_image"),
        (encode(Image.fromarray(PHOTO), "BMP"), "not_an_image"),  # only JPEG and PNG reach a decoder
        (photo("JPEG")[:1000], "damaged"),
        (photo("JPEG")[:-2], "damaged"),
        (photo()[:500], "damaged"),
        (photo()[:40], "damaged"),
    ],
)
def test_what_is_no_picture_is_named(data, reason):
    with pytest.raises(ImageError) as caught:
        decode(data, 32, "rgb")
    assert caught.value.reason == reason


def claim(data: bytes, width: int, height: int) -> bytes:
    """A PNG whose header claims another size."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


@pytest.mark.parametrize("side", [8193, 10_000, 20_000, 60_000])
def test_absurd_sizes_are_refused_before_decoding(side):
    with pytest.raises(ImageError) as caught:
        decode(claim(photo(), side, side), 32, "rgb")
    assert caught.value.reason == "too_large"


def test_a_jpeg_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 128 * 96 - 1)
    with pytest.raises(ImageError) as caught:
        decode(photo("JPEG"), 32, "rgb")
    assert caught.value.reason == "too_large"


def test_digits_keep_their_pixels_at_their_own_size():
    digit = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(from_pixels(digit, 8, "grey"), digit[None])
    assert np.array_equal(from_pixels(digit, 8, "rgb"), np.stack([digit] * 3))


def test_twice_the_size_interpolates_linearly():
    enlarged = resize(np.array([[0, 100], [0, 100]], np.uint8), 4)
    assert enlarged[0, 0].tolist() == [0, 25, 75, 100]


def test_nothing_here_needs_torch():
    code = "import sys, resgrad.preprocess.preprocess as p; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": "src"}, check=False).returncode == 0
