"""Pictures that claim an excessive size."""

import struct
import zlib

import pytest

from resgrad.preprocess import images
from resgrad.preprocess.images import ImageError, decode, probe_header
from resgrad.preprocess.tiff import claims_too_much
from tests.unit.drawn_pictures import photo


def claim(data: bytes, width: int, height: int) -> bytes:
    """A PNG whose header claims another size."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


def tiff(*entries: tuple[int, int, int, int], big: bool = False) -> bytes:
    """A TIFF of 16 x 16 black pixels with added or changed directory entries (tag, type, count, value)."""
    table = {256: (4, 1, 16), 257: (4, 1, 16), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, 500)}
    table |= {277: (3, 1, 1), 278: (4, 1, 16), 279: (4, 1, 256)} | {tag: rest for tag, *rest in entries}
    directory = b"".join(struct.pack("<HHQQ" if big else "<HHII", tag, *table[tag]) for tag in sorted(table))
    head = (
        struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, len(table))
        if big
        else struct.pack("<2sHIH", b"II", 42, 8, len(table))
    )
    return (head + directory).ljust(500, b"\0") + bytes(256)


def gif(screen: int, frame: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0, 0, 0)
    return head + b"," + struct.pack("<HHHHB", 0, 0, frame, frame, 0x80) + bytes(6) + b"\x02\x02\x44\x01\0;"


BOMBS = {
    **{f"png {side}": claim(photo(), side, side) for side in (8193, 10_000, 20_000, 60_000)},
    "gif screen": gif(9000, 1),
    "gif frame": gif(1, 9000),
    "bmp": photo("BMP")[:18] + struct.pack("<ii", 60_000, 60_000) + photo("BMP")[26:],
    "tiff": tiff((256, 4, 1, 60_000), (257, 4, 1, 60_000)),
    "big tiff": tiff((256, 4, 1, 60_000), (257, 4, 1, 60_000), big=True),
    "tiff tiles": tiff((322, 3, 1, 32768), (323, 3, 1, 32768)),
    "big tiff tiles": tiff((322, 16, 1, 1 << 40), (323, 4, 1, 1), big=True),
    "tiff strips": tiff((273, 4, 1 << 18, 0)) + bytes(4 << 18),
    "tiff bits": tiff((258, 3, 1 << 18, 0)) + bytes(2 << 18),
    "webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (16_382).to_bytes(3, "little") * 2,
}


@pytest.mark.parametrize("name", BOMBS)
def test_absurd_sizes_are_refused_before_decoding(name):
    for look in (lambda data: decode(data, 32, "rgb"), probe_header):
        with pytest.raises(ImageError) as caught:
            look(BOMBS[name])
        assert caught.value.reason == "too_large"


def test_what_the_bombs_are_made_of_is_harmless():
    tiles = tiff((322, 3, 1, 16), (323, 3, 1, 16))
    for data in (tiff(), tiff(big=True), tiles, tiff((700, 1, 1 << 18, 0)) + bytes(1 << 18)):
        probe_header(data)
        assert decode(data, 8, "grey").tolist() == [[[0] * 8] * 8]


def test_the_sides_of_tiles_are_read_in_either_byte_order():
    """A SHORT is the first half of its field, which is the upper half of a big-endian number."""
    entries = struct.pack(">H", 2) + struct.pack(">HHIHH", 322, 3, 1, 4000, 0) + struct.pack(">HHII", 323, 4, 1, 4000)
    data = struct.pack(">2sHI", b"MM", 42, 8) + entries
    assert not claims_too_much(data, 4000 * 4000)
    assert claims_too_much(data, 4000 * 4000 - 1)


def test_a_jpeg_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 128 * 96 - 1)
    for look in (lambda data: decode(data, 32, "rgb"), probe_header):
        with pytest.raises(ImageError) as caught:
            look(photo("JPEG"))
        assert caught.value.reason == "too_large"


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_largest_picture_that_is_allowed(kind, monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 128 * 96)
    probe_header(photo(kind))
    assert decode(photo(kind), 32, "rgb").shape == (3, 32, 32)
