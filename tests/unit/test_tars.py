"""Tar archives that are damaged or hostile."""

import io
import tarfile

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


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("../x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("/etc/x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("a/../../x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("link.bin", tarfile.SYMTYPE, "is a link, a device or a sparse file"),
        ("link.bin", tarfile.LNKTYPE, "is a link, a device or a sparse file"),
        ("device", tarfile.CHRTYPE, "is a link, a device or a sparse file"),
        ("back\\slash", tarfile.REGTYPE, "has a backslash"),
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
