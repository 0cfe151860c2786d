import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from resgrad.datasets import idx
from resgrad.datasets.idx import IdxError

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
HEADER = b"\0\0\x08\x03" + struct.pack(">III", 2, 3, 4)
PLAIN = HEADER + bytes(range(24))  # by the published description of the format


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "images-idx3-ubyte.gz"


def read(path: Path, max_bytes: int = 1000) -> np.ndarray:
    return idx.read(path, max_bytes=max_bytes)


def test_a_file_is_written_as_published(path):
    idx.write(path, IMAGES)
    assert gzip.decompress(path.read_bytes()) == PLAIN


@pytest.mark.parametrize("content", [PLAIN, gzip.compress(PLAIN)], ids=["plain", "gzipped"])
def test_a_published_file_is_read(path, content):
    path.write_bytes(content)
    array = read(path)
    np.testing.assert_array_equal(array, IMAGES, strict=True)
    assert array.flags.writeable


def test_labels_have_one_dimension(path):
    idx.write(path, np.array([7, 2, 1], np.uint8))
    np.testing.assert_array_equal(read(path), np.array([7, 2, 1], np.uint8), strict=True)


def test_the_same_array_gives_the_same_bytes(path, tmp_path):
    other = tmp_path / "elsewhere" / "another-name.gz"
    idx.write(path, IMAGES)
    idx.write(other, np.asfortranarray(IMAGES))
    assert path.read_bytes() == other.read_bytes()
    assert path.read_bytes()[3:8] == bytes(5)  # gzip's flags: no name; gzip's time: none


@pytest.mark.parametrize("array", [IMAGES.astype(np.int32), np.uint8(3)])
def test_other_arrays_are_not_written(path, array):
    with pytest.raises(ValueError, match="IDX"):
        idx.write(path, np.asarray(array))
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut short: 0 bytes where 4"),
        (PLAIN[:2], "cut short"),
        (PLAIN[:10], "cut short: 6 bytes where 12"),
        (PLAIN[:-1], "cut short: 23 bytes where 24"),
        (PLAIN + b"\0", "goes on after the 24 bytes"),
        (b"PK\x03\x04" + PLAIN, "0x504b"),
        (b"\0\0\x0d\x03" + PLAIN[4:], "type 0x0d"),
        (b"\0\0\x08\0", r"dimensions \[\]"),
        (b"\0\0\x08\x02" + struct.pack(">II", 0, 5), r"dimensions \[0, 5\]"),
        (b"\0\0\x08\x03" + struct.pack(">III", 2**32 - 1, 2**32 - 1, 2**32 - 1), "announces .* at most 1,000"),
    ],
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_wrong_file_is_refused_by_name(path, content, said, compress):
    path.write_bytes(compress(content))
    with pytest.raises(IdxError, match=f"{path.name} .*{said}"):
        read(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-9],
        lambda data: data[:-3],
        lambda data: data[:14] + b"\xff\xff\xff" + data[17:],
        lambda data: data[:-8] + bytes(8),
        lambda data: data + b"more",
    ],
    ids=["cut", "checksum cut", "overwritten", "wrong checksum", "longer"],
)
def test_a_damaged_gzip_is_refused_by_name(path, damage):
    path.write_bytes(damage(gzip.compress(PLAIN, mtime=0)))
    with pytest.raises(IdxError, match=f"{path.name} is damaged"):
        read(path)


def test_a_bomb_is_not_inflated(path, monkeypatch):
    sizes = []
    original = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size: sizes.append(size) or original(self, size))
    path.write_bytes(gzip.compress(HEADER + bytes(50_000_000), compresslevel=1))
    with pytest.raises(IdxError, match="goes on"):
        read(path)
    assert sum(sizes) == 4 + 12 + 24 + 1


def test_the_limit_is_for_the_pixels(path):
    idx.write(path, IMAGES)
    assert read(path, max_bytes=24).size == 24
    with pytest.raises(IdxError, match="at most 23"):
        read(path, max_bytes=23)
