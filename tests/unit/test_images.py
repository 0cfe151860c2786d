import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from resgrad.common.vision import torchvision
from resgrad.preprocess.images import ImageError, decode, from_pixels, probe_header, resize
from tests.unit.drawn_pictures import PHOTO, block_means, encode, photo


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


# --- formats


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("BMP", {}, 0),
        ("GIF", {}, 6),  # 256 colours
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 3),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("TIFF", {"compression": "tiff_adobe_deflate"}, 0),
        ("TIFF", {"compression": "packbits"}, 0),
        ("TIFF", {"compression": "zstd"}, 0),
        ("TIFF", {"compression": "jpeg", "quality": 95}, 3),
        ("TIFF", {"big_tiff": True}, 0),
        ("MPO", {"quality": 95}, 3),  # written by some phones, with the suffix .jpg
    ],
)
def test_other_formats(kind, options, tolerance):
    difference = np.abs(decode(photo(kind, **options), 32, "rgb").astype(int) - decode(photo(), 32, "rgb"))
    assert difference.mean() <= tolerance


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_pictures_the_first_counts(kind):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert decode(data, 8, "rgb")[:, 4, 4].tolist() == [255, 0, 0]


def with_opacity(kind: str, mode: str) -> bytes:
    image = Image.fromarray(np.uint8([[[0, 0, 0, 0], [90, 90, 90, 255]]] * 2)).convert(mode)
    return encode(image, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA"), ("TIFF", "LA"), ("GIF", "RGBA")],
)
def test_what_is_transparent_shows_white_in_every_format(kind, mode):
    assert decode(with_opacity(kind, mode), 2, "grey").tolist() == [[[255, 90], [255, 90]]]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_black_and_white(kind):
    image = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).convert("1")
    assert decode(encode(image, kind), 2, "grey").tolist() == [[[0, 255], [255, 0]]]


def test_a_fax():
    image = Image.fromarray(PHOTO).convert("1")
    decoded = decode(encode(image, "TIFF", compression="group4"), 96, "grey")
    assert np.array_equal(decoded, decode(encode(image), 96, "grey"))


def in_lab(image: Image.Image) -> Image.Image:
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.applyTransform(image, ImageCms.buildTransform(*profiles, "RGB", "LAB"))


@pytest.mark.parametrize(
    "convert",
    [
        in_lab,
        lambda image: image.convert("CMYK"),
        lambda image: image.convert("YCbCr"),
        lambda image: image.quantize(256),
    ],
)
def test_colour_spaces(convert):
    decoded = decode(encode(convert(Image.fromarray(PHOTO)), "TIFF"), 96, "rgb")
    assert np.abs(decoded.astype(int) - decode(photo(), 96, "rgb")).mean() < 4


@pytest.mark.parametrize("shape", [(512, 32), (32, 512)])
def test_a_long_and_thin_jpeg_keeps_the_pixels_of_its_short_side(shape):
    stripes = np.uint8(np.indices(shape)[shape.index(32)] // 4 % 2 * 255)  # finer than a reduced size can hold
    data = encode(Image.fromarray(stripes), "JPEG", quality=95)
    expected = Image.open(BytesIO(data)).resize((32, 32), Image.Resampling.BILINEAR)
    assert np.abs(decode(data, 32, "grey")[0].astype(int) - np.asarray(expected)).mean() < 3


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
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_an_image"),  # Pillow would call Ghostscript
        (photo("PPM"), "not_an_image"),
        (photo("ICO"), "not_an_image"),
        (photo("JPEG2000"), "not_an_image"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "not_an_image"),
        (photo("JPEG")[:1000], "damaged"),
        (photo("JPEG")[:-2], "damaged"),
        (photo()[:500], "damaged"),
        (photo()[:40], "damaged"),
        (photo("BMP")[:500], "damaged"),
        (photo("GIF")[:500], "damaged"),
        (photo("WEBP")[:200], "damaged"),
        (photo("TIFF", compression="tiff_lzw")[:500], "damaged"),
        (photo("TIFF")[:500], "damaged"),
        (photo("TIFF")[:6], "damaged"),
    ],
)
def test_what_is_no_picture_is_named(data, reason):
    with pytest.raises(ImageError) as caught:
        decode(data, 32, "rgb")
    assert caught.value.reason == reason


def test_no_other_plug_in_of_pillow_is_asked(monkeypatch):
    """Anybody can register one, for any beginning of a file."""
    asked = []
    monkeypatch.setattr(Image, "ID", ["OTHER", *Image.ID])
    monkeypatch.setitem(Image.OPEN, "OTHER", (lambda *_: asked.append("opened"), lambda _: asked.append("accepts")))
    for kind in ("PNG", "BMP", "GIF", "TIFF", "WEBP", "MPO"):
        decode(photo(kind), 32, "rgb")
    assert not asked


# --- the header only


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_a_header_that_is_sound(kind):
    probe_header(photo(kind))


def test_no_pixel_is_looked_at():
    probe_header(photo("JPEG")[:1000])
    probe_header(photo()[:500])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>not found</html>", "not_an_image"),
        (photo("ICO"), "not_an_image"),
        (photo("JPEG")[:30], "damaged"),
        (photo()[:20], "damaged"),
        (photo("TIFF")[:6], "damaged"),
    ],
)
def test_a_header_that_is_not(data, reason):
    with pytest.raises(ImageError) as caught:
        probe_header(data)
    assert caught.value.reason == reason


def test_digits_keep_their_pixels_at_their_own_size():
    digit = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(from_pixels(digit, 8, "grey"), digit[None])
    assert np.array_equal(from_pixels(digit, 8, "rgb"), np.stack([digit] * 3))


def test_colours_become_grey_where_a_data_set_is_grey():
    luma = np.asarray(Image.fromarray(PHOTO).convert("L"))
    assert np.array_equal(from_pixels(PHOTO, 32, "grey"), from_pixels(luma, 32, "grey"))
    assert np.array_equal(from_pixels(PHOTO, 32, "rgb"), resize(PHOTO, 32))


def test_twice_the_size_interpolates_linearly():
    enlarged = resize(np.array([[0, 100], [0, 100]], np.uint8), 4)
    assert enlarged[0, 0].tolist() == [0, 25, 75, 100]


def test_nothing_here_needs_torch():
    code = "import sys, resgrad.preprocess.preprocess as p; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": "src"}, check=False).returncode == 0
