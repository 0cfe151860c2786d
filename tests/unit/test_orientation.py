"""Pictures are turned upright."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from resgrad.preprocess.images import decode
from tests.unit.drawn_pictures import PHOTO, SCENE, block_means, encode, photo

UPRIGHT = PHOTO[:64, :96]
STORED = {  # how a camera stores an upright picture, by the tag; Exif defines it by the 0th row and column
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT),
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}


def tagged(value: object, kind: str, pixels: np.ndarray, mode: str = "RGB", **options) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif[ExifTags.Base.Orientation] = value
    return encode(Image.fromarray(pixels).convert(mode), kind, exif=exif, **options)


@pytest.mark.parametrize("value", STORED)
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {"quality": 95}),
        ("JPEG", "CMYK", {"quality": 95}),
        ("PNG", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("TIFF", "RGB", {}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ],
)
def test_a_picture_is_set_upright(value, kind, mode, options):
    decoded = decode(tagged(value, kind, np.ascontiguousarray(STORED[value]), mode, **options), 16, "rgb")
    expected = block_means(UPRIGHT, 16, 16)
    assert np.abs(decoded.astype(float) - expected)[:, 1:-1, 1:-1].mean() < 2


def test_a_deep_picture_is_set_upright():
    samples = np.ascontiguousarray(np.uint16(SCENE[..., 0] * 4095))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    decoded = decode(encode(Image.fromarray(samples), "PNG", exif=exif), 8, "grey")
    assert np.array_equal(decoded[0], samples[::-1, ::-1] >> 4)


@pytest.mark.parametrize("value", [0, 9, 60_000])
def test_an_unknown_orientation_is_passed_over(value):
    assert np.array_equal(decode(tagged(value, "JPEG", PHOTO), 32, "rgb"), decode(photo("JPEG"), 32, "rgb"))


def test_a_damaged_table_of_tags_does_not_spoil_the_picture():
    whole = tagged(6, "JPEG", PHOTO)
    tags = whole.index(b"Exif")
    for damage in (b"Exif\0\0XX", b"Exif\0\0MM\0*\xff\xff\xff\xff"):
        data = whole[:tags] + damage + whole[tags + len(damage) :]
        assert np.array_equal(decode(data, 32, "rgb"), decode(photo("JPEG"), 32, "rgb"))


def test_only_the_table_of_tags_counts_not_what_looks_like_one():
    comment = b"Exif\0\0" + Image.Exif().tobytes()
    data = photo("JPEG", comment=comment)
    assert comment in data
    assert np.array_equal(decode(data, 32, "rgb"), decode(photo("JPEG"), 32, "rgb"))
