"""Tar archives that are damaged or hostile."""

import io
import lzma
import tarfile
from contextlib import suppress

import numpy as np
import pytest

from resgrad.datasets import tars
from resgrad.datasets.archives import ArchiveError
from tests.unit.raw_sets import CIFAR10, write_tar


def test_a_damaged_tar_is_refused(tmp_path):
    path = write_tar(tmp_path / "a.tar.gz", CIFAR10)
    whole = path.read_bytes()
    for share in (0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ArchiveError, match=r"^mine (cannot be read as a tar|is cut short)"):
            [member.read() for member in tars.members(path, "mine", max_bytes=2**20)]


MODES = {"": "w", ".gz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}


def read_all(path) -> dict[str, bytes]:
    return {member.path: member.read() for member in tars.members(path, "mine", max_bytes=2**20)}


def refused(path, said="(cannot be read as a tar|is cut short|goes on where its entries end)"):
    with pytest.raises(ArchiveError, match=f"^mine {said}") as caught:
        read_all(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", MODES)
def test_no_place_at_which_a_tar_is_cut_loses_files_in_silence(tmp_path, suffix):
    files = {f"{number}.bin": bytes([number]) * 300 for number in range(9)}
    path = write_tar(tmp_path / f"a.tar{suffix}", files, MODES[suffix], prefix="")
    whole = path.read_bytes()
    end = 10 * 1024 - 1024 if not suffix else len(whole)  # without the padding an archive is whole
    blocks = range(512, end + 1, 512) if not suffix else ()  # where tarfile sees nothing wrong
    for cut in (*range(2, end, max(1, end // 150)), *blocks):
        path.write_bytes(whole[:cut])
        refused(path)
    path.write_bytes(whole)
    assert read_all(path) == files


@pytest.mark.parametrize("suffix", MODES)
def test_no_flipped_bit_changes_files_in_silence(tmp_path, suffix):
    """A plain tar has checksums of its headers alone."""
    files = {f"{number}.bin": bytes([number]) * 300 for number in range(5)}
    path = write_tar(tmp_path / f"a.tar{suffix}", files, MODES[suffix], prefix="")
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(150):
        place = int(generator.integers(len(whole)))
        if not suffix and (place % 1024 >= 512 or place >= 5 * 1024):  # data, or the end
            continue
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(generator.integers(8))
        path.write_bytes(damaged)
        with suppress(ArchiveError):
            assert read_all(path) == files  # the time in the header of gzip, or a field that nobody reads


def test_a_flipped_bit_in_a_later_header_is_not_the_end(tmp_path):
    path = write_tar(tmp_path / "a.tar", {"x": b"x", "y": b"y"}, "w", prefix="")
    whole = bytearray(path.read_bytes())
    whole[1024] ^= 1
    path.write_bytes(whole)
    refused(path, "goes on where its entries end: it is damaged, or holds two archives")


@pytest.mark.parametrize("suffix", MODES)
def test_two_archives_in_one_file_are_refused(tmp_path, suffix):
    one, other = (write_tar(tmp_path / f"{name}.tar{suffix}", {name: b"x"}, MODES[suffix], prefix="") for name in "ab")
    one.write_bytes(one.read_bytes() + other.read_bytes())
    refused(one, "goes on where its entries end")


@pytest.mark.parametrize("suffix", MODES)
def test_an_endless_end_is_not_read(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"a.tar{suffix}"
    with tarfile.open(path, MODES[suffix], format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("x"))
        archive.fileobj.write(bytes(2**18))
    assert read_all(path) == {"x": b""}
    monkeypatch.setattr(tars, "MAX_PADDING", 2**16)
    taken = []
    read = tars._Stream.read
    monkeypatch.setattr(tars._Stream, "read", lambda stream, size: taken.append(size) or read(stream, size))
    refused(path, "goes on where its entries end")
    assert sum(taken) < 2**17


@pytest.mark.parametrize("start", [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"])
@pytest.mark.parametrize("rest", [b"", b"no archive at all" * 40])
def test_what_begins_like_a_compressed_tar_gets_a_sentence(tmp_path, start, rest):
    path = tmp_path / "a.tgz"
    path.write_bytes(start + rest)
    assert tars.is_tar(path)
    refused(path, "cannot be read as a tar archive")


def test_what_is_a_tar(tmp_path):
    path = tmp_path / "file"
    for content, expected in ((b"", False), (b"PK\3\4", False), (b"x" * 512, False), (bytes(10240), True)):
        path.write_bytes(content)
        assert tars.is_tar(path) is expected
    assert all(tars.is_tar(write_tar(path, {"x": b"x"}, mode)) for mode in MODES.values())


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.map": "abc"},
        {"GNU.sparse.size": "abc"},
        {"GNU.sparse.realsize": "x", "GNU.sparse.major": "1", "GNU.sparse.minor": "0"},
        {"size": "1" * 30},
        {"path": "x" * 70_000},
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_impossible_headers_get_a_sentence(tmp_path, headers, first):
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        if not first:
            archive.addfile(tarfile.TarInfo("before"))
        entry = tarfile.TarInfo("x")
        entry.pax_headers = headers
        archive.addfile(entry)
    tars.is_tar(tmp_path / "a.tar")
    with pytest.raises(ArchiveError, match=r"^mine (cannot be|is cut short|goes on|holds more than)[^\n]*$"):
        read_all(tmp_path / "a.tar")


def test_a_size_below_0_is_refused(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("x")
        entry.pax_headers = {"size": "-5"}
        archive.addfile(entry)
    refused(tmp_path / "a.tar", "cannot be trusted: its entry 'x' has a size below 0; repack it")


def test_a_tar_is_no_compressed_file_for_the_name_of_its_first_entry(tmp_path):
    path = write_tar(tmp_path / "a.tar", {"BZh9.bin": b"x"}, "w", prefix="")
    assert tars.is_tar(path)
    assert read_all(path) == {"BZh9.bin": b"x"}


def test_the_old_format_of_lzma_is_read(tmp_path):
    path = write_tar(tmp_path / "a.tar", {"x": b"x"}, "w", prefix="")
    path.write_bytes(lzma.compress(path.read_bytes(), lzma.FORMAT_ALONE))
    assert tars.is_tar(path)
    assert read_all(path) == {"x": b"x"}


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("../x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("/etc/x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("a/../../x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("link.bin", tarfile.SYMTYPE, "is a symbolic link, a device or a sparse file"),
        ("link.bin", tarfile.LNKTYPE, "is a second name of a file .*, a hard link; unpack it .* --hard-dereference"),
        ("device", tarfile.CHRTYPE, "is a symbolic link, a device or a sparse file"),
        ("back\\slash", tarfile.REGTYPE, "has a backslash .*; unpack it and give the folder"),
    ],
)
def test_a_hostile_tar_is_refused(tmp_path, name, kind, said):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry, io.BytesIO())
    with pytest.raises(ArchiveError, match=f"mine cannot be trusted: its entry .* {said}"):
        list(tars.members(tmp_path / "a.tar", "mine", max_bytes=100))


def test_a_huge_entry_is_refused_if_it_is_read(tmp_path):
    path = write_tar(tmp_path / "a.tar", {"x": b"x" * 50, "y": b"y" * 49}, "w", prefix="")
    assert [member.read() for member in tars.members(path, "mine", max_bytes=49) if member.path == "y"] == [b"y" * 49]
    with pytest.raises(ArchiveError, match="mine cannot be trusted: its entry 'x' has 50 bytes, where 49 are allowed"):
        next(tars.members(path, "mine", max_bytes=49)).read()


def test_a_tar_of_too_much_or_doubled_entries_is_refused(tmp_path, monkeypatch):
    path = write_tar(tmp_path / "a.tar", {"x": b"x" * 50, "y": b"y" * 50}, "w")
    monkeypatch.setattr(tars, "MAX_TOTAL_BYTES", 99)
    with pytest.raises(ArchiveError, match="more than"):
        list(tars.members(path, "mine", max_bytes=50))
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("x"))
    with pytest.raises(ArchiveError, match="'x' is there twice"):
        list(tars.members(tmp_path / "b.tar", "mine", max_bytes=50))
