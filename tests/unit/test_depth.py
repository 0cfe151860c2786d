"""Pictures with more than eight bits per sample."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from resgrad.preprocess.depth import to_eight_bits
from resgrad.preprocess.images import ImageError, decode
from tests.unit.drawn_pictures import SCENE, encode


def sixteen_bits(samples: np.ndarray) -> bytes:
    """A PNG of 16 bits per sample, H x W x C: grey, grey with opacity, RGB or RGBA; Pillow writes only grey ones."""
    height, width, channels = samples.shape
    rows = np.concatenate(
        [np.zeros((height, 1), np.uint8), samples.astype(">u2").view(np.uint8).reshape(height, -1)], 1
    )
    header = struct.pack(">IIBBBBB", width, height, 16, (0, 4, 2, 6)[channels - 1], 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(rows.tobytes()), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_keeps_the_upper_eight_of_the_bits_that_it_uses(bits, channels):
    samples = np.uint16(SCENE * (2**bits - 1) * np.linspace(1, 0.5, channels))
    decoded = decode(sixteen_bits(samples), 8, "rgb")
    assert np.array_equal(decoded, np.broadcast_to((samples >> (bits - 8)).transpose(2, 0, 1), (3, 8, 8)))


def test_one_scale_holds_for_a_whole_picture():
    dim = np.uint16(SCENE * [4095, 300, 20])  # alone, the second channel would have 10 bits, the third 8
    assert decode(sixteen_bits(dim), 8, "rgb")[:, 7, 7].tolist() == [255, 300 >> 4, 20 >> 4]


@pytest.mark.parametrize("opacity", [4095, 65535])
def test_opacity_has_bits_of_its_own(opacity):
    samples = np.uint16(np.concatenate([SCENE * 4095] * 3 + [np.full((8, 8, 1), opacity)], axis=2))
    assert np.array_equal(decode(sixteen_bits(samples), 8, "grey")[0], np.uint16(SCENE * 4095)[..., 0] >> 4)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("opacity", [4095, 65535])
@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_grey_with_opacity_keeps_the_bits_that_it_uses(bits, opacity, color):
    samples = np.uint16(np.concatenate([SCENE * (2**bits - 1), np.full((8, 8, 1), opacity)], axis=2))
    decoded = decode(sixteen_bits(samples), 8, color)
    assert all(np.array_equal(channel, samples[..., 0] >> (bits - 8)) for channel in decoded)


def test_what_is_transparent_in_deep_grey_shows_white():
    samples = np.uint16(np.concatenate([SCENE * 4095, 65535 * (SCENE > 0.5)], axis=2))
    decoded = decode(sixteen_bits(samples), 8, "grey")[0]
    assert np.array_equal(decoded, np.where(samples[..., 1], samples[..., 0] >> 4, 255))


def test_what_is_transparent_in_deep_colours_shows_white():
    samples = np.uint16(np.concatenate([SCENE * 4095] * 3 + [65535 * (SCENE > 0.5)], axis=2))
    decoded = decode(sixteen_bits(samples), 8, "grey")[0]
    assert np.array_equal(decoded, np.where(samples[..., 3], samples[..., 0] >> 4, 255))


def test_damaged_deep_grey_is_refused():
    data = sixteen_bits(np.full((64, 64, 2), 4095, np.uint16))
    for end in (len(data) - 30, 34, 60):
        with pytest.raises(ImageError, match="damaged"):
            decode(data[:end], 8, "grey")


def deep_tiff(
    samples: np.ndarray, order: str, *, deflated: bool = False, extra: int | None = None, planes: bool = False
) -> bytes:
    """A TIFF of 16-bit samples, H x W x C, in either byte order and with RGB first, which Pillow does not write.

    Args:
        samples: the samples.
        order: ``<`` or ``>``.
        deflated: whether they are compressed.
        extra: the meaning of the fourth channel: 0 unspecified, 1 premultiplied opacity, 2 opacity.
        planes: whether one channel comes after another.
    """
    height, width, channels = samples.shape
    parts = list(np.moveaxis(samples, 2, 0)) if planes else [samples]
    strips = [np.ascontiguousarray(part).astype(order + "u2").tobytes() for part in parts]
    strips = [zlib.compress(strip) for strip in strips] if deflated else strips
    starts = [8 + sum(map(len, strips[:number])) for number in range(len(strips))]
    entries = {
        256: [width],
        257: [height],
        258: [16] * channels,
        259: [8 if deflated else 1],
        262: [2],
        273: starts,
        277: [channels],
        278: [height],
        279: list(map(len, strips)),
        284: [2 if planes else 1],
    } | ({} if extra is None else {338: [extra]})
    start = starts[-1] + len(strips[-1])
    directory, beyond = b"", b""
    for tag, values in entries.items():
        content = struct.pack(f"{order}{len(values)}I", *values)
        if len(content) > 4:
            place = start + 2 + 12 * len(entries) + 4 + len(beyond)
            content, beyond = struct.pack(f"{order}I", place), beyond + content
        directory += struct.pack(f"{order}HHI", tag, 4, len(values)) + content
    header = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", start)
    return header + b"".join(strips) + struct.pack(f"{order}H", len(entries)) + directory + bytes(4) + beyond


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("bits", [12, 16])
def test_a_deep_tiff(order, deflated, bits):
    samples = np.uint16(SCENE * (2**bits - 1) * [1, 0.5, 0.1])
    decoded = decode(deep_tiff(samples, order, deflated=deflated), 8, "rgb")
    assert np.array_equal(decoded, (samples >> (bits - 8)).transpose(2, 0, 1))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("extra", [0, 2])
def test_a_fourth_channel_of_a_deep_tiff_does_not_darken_the_others(order, deflated, bits, extra):
    """Satellites add near infrared, which is no opacity."""
    samples = np.uint16(SCENE * (2**bits - 1) * [1, 0.5, 0.1, 0])
    samples[..., 3] = 65535 if extra == 2 else 7
    decoded = decode(deep_tiff(samples, order, deflated=deflated, extra=extra), 8, "rgb")
    assert np.array_equal(decoded, (samples[..., :3] >> (bits - 8)).transpose(2, 0, 1))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("deflated", [False, True])
def test_deep_tiffs_that_would_be_misread_are_refused(order, deflated):
    samples = np.uint16(SCENE * 4095 * [1, 0.5, 0.1, 1])
    with pytest.raises(ImageError, match="damaged"):
        decode(deep_tiff(samples, order, deflated=deflated, extra=1), 8, "rgb")
    for channels, extra in ((3, None), (4, 0), (4, 2)):
        data = deep_tiff(samples[..., :channels], order, deflated=deflated, extra=extra, planes=True)
        with pytest.raises(ImageError, match="damaged"):
            decode(data, 8, "rgb")


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
def test_a_grey_tiff_of_any_type(mode):
    samples = (SCENE[..., 0] * 4095).astype({"I;16": "<u2", "I;16B": ">u2", "I": "i4", "F": "f4"}[mode])
    data = encode(Image.frombytes(mode, (8, 8), samples.tobytes()), "TIFF")
    assert np.array_equal(decode(data, 8, "grey")[0], samples.astype(int) >> 4)


@pytest.mark.parametrize(("mode", "kind", "white"), [("L", "u1", 255), ("I;16", "<u2", 4095), ("F", "f4", 4095)])
def test_a_grey_tiff_of_which_zero_is_white(mode, kind, white):
    samples = (SCENE[..., 0] * white).astype(kind)
    data = encode(Image.frombytes(mode, (8, 8), samples.tobytes()), "TIFF")
    photometric = struct.pack("<HHI", 262, 3, 1)
    assert data.count(photometric + struct.pack("<H", 1)) == 1
    turned = data.replace(photometric + struct.pack("<H", 1), photometric + struct.pack("<H", 0))
    assert np.array_equal(decode(turned, 8, "grey"), 255 - decode(data, 8, "grey"))


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.uint16([0x80FF, 0xFF]), [0x80, 0]),
        (np.uint16([255, 0]), [255, 0]),
        (np.uint16([256, 0]), [64, 0]),
        (np.uint16([1023, 512]), [255, 128]),
        (np.uint16([1024, 512]), [64, 32]),
        (np.int32([-9999, 4095]), [0, 255]),
        (np.int32([2**31 - 1, 2**30]), [127, 64]),
        (np.zeros(2, np.uint16), [0, 0]),
        (np.float32([0, 0.5, 1]), [0, 128, 255]),
        (np.float32([-0.1, 1.0001]), [0, 255]),  # overshoot of a filter
        (np.float32([0, 128.9, 255]), [0, 128, 255]),
        (np.float32([np.nan, np.inf, 0.5]), [0, 0, 128]),
        (np.float32([1e38, 0]), [64, 0]),
        (np.float32([-np.inf, 0.5]), [0, 128]),
        (np.float32([1.5, 0.5]), [255, 128]),
        (np.float32([2, 1]), [2, 1]),
        (np.float32([-5, 300]), [0, 75]),
    ],
)
def test_what_eight_bits_are_kept(samples, expected):
    kept = to_eight_bits(samples)
    assert kept.dtype == np.uint8
    assert kept.tolist() == expected
