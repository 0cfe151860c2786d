import random
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from resgrad.datasets import archives
from resgrad.datasets.archives import ArchiveError, Member, list_files

NOISE = random.Random(0).randbytes(2000)  # noqa: S311


def make(path: Path, *entries: str | zipfile.ZipInfo, content: bytes = NOISE, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as opened:
        for entry in entries:
            opened.writestr(entry, content)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leaves.zip"


def check(path: Path) -> None:
    """Read the whole contents of a zip."""
    images = archives.list_files(path, "my.zip").images
    with archives.opened(path) as opened:
        for member in images:
            archives.read(opened, member, "my.zip")


def refused(path: Path, said: str) -> None:
    with pytest.raises(ArchiveError, match=said) as caught:
        check(path)
    assert str(caught.value).startswith("my.zip ")
    assert str(path) not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_are_listed_by_path(path):
    make(path, "PlantVillage/b/2.PNG", "PlantVillage/b/1.jpeg", "a/x.JPG", "deep/er/a/y.jpg")
    crc = zlib.crc32(NOISE)
    assert archives.list_files(path, "my.zip").images == [
        Member("PlantVillage/b/1.jpeg", 2000, crc),
        Member("PlantVillage/b/2.PNG", 2000, crc),
        Member("a/x.JPG", 2000, crc),
        Member("deep/er/a/y.jpg", 2000, crc),
    ]


def test_what_is_no_image_is_listed_apart(path):
    others = ["README", "a/svn-r6Yb5c", "a/y.txt", ".git/a/x.jpg", "__MACOSX/a/._x.jpg", "a/.z.jpg"]
    make(path, "a/x.jpg", "a/", "b/c/", *others)
    contents = archives.list_files(path, "my.zip")
    assert [member.path for member in contents.images] == ["a/x.jpg"]
    assert contents.others == sorted(others)
    assert contents.empty == ["b/c"]


@pytest.mark.parametrize("ending", ["jpg", "JPEG", "jpe", "jfif", "png", "bmp", "webp", "tif", "TIFF", "gif"])
def test_an_image_is_known_by_its_ending(path, ending):
    assert len(archives.list_files(make(path, f"a/x.{ending}"), "my.zip").images) == 1


def test_names_in_other_scripts_are_read(path):
    make(path, "Blätter/新.jpg")
    assert archives.list_files(path, "my.zip").images[0].path == "Blätter/新.jpg"


def test_names_that_are_utf8_without_being_marked_so_are_read(path):
    """As zip on a Mac and 7-Zip on Linux write them."""
    name = "葉/新.jpg".encode()
    unmarked(path, name)
    assert archives.list_files(path, "my.zip").images[0].path == "葉/新.jpg"
    check(path)


def test_names_in_an_old_code_page_are_refused_in_a_sentence(path):
    unmarked(path, "樱桃/叶.jpg".encode("gbk"))
    refused(path, r"holds a name that is not UTF-8 \('\\xd3\\xa3.*repack it with UTF-8 names")


def unmarked(path: Path, name: bytes) -> None:
    """Write a zip with one image whose name is these bytes, without declaring an encoding."""
    make(path, "_" * len(name))
    path.write_bytes(path.read_bytes().replace(b"_" * len(name), name))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_bytes_are_read_as_they_were_packed(path, method):
    make(path, "a/x.jpg", method=method)
    with zipfile.ZipFile(path) as opened:
        assert archives.read(opened, archives.list_files(path, "my.zip").images[0], "my.zip") == NOISE


@pytest.mark.parametrize("content", [b"", b"<html>Please log in</html>" * 100, b"\x1f\x8b" + bytes(100)])
def test_what_is_no_zip_is_refused(path, content):
    path.write_bytes(content)
    refused(path, "cannot be read as a zip")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97, 0.999])
def test_a_truncated_zip_is_refused(path, share):
    make(path, *[f"a/{number}.jpg" for number in range(20)])
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refused(path, "cut short or damaged")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_image_is_named(path, method):
    make(path, "a/x.jpg", "a/y.jpg", method=method)
    data = bytearray(path.read_bytes())
    data[1000:1100] = bytes(100)
    path.write_bytes(data)
    assert len(archives.list_files(path, "my.zip").images) == 2
    refused(path, r"is damaged at 'a/x\.jpg'")


def test_an_image_shorter_than_announced_is_named(path):
    make(path, "a/x.jpg", method=zipfile.ZIP_DEFLATED)
    _overwrite(path, 24, struct.pack("<I", 3000))
    refused(path, "ends after 2,000 of 3,000 bytes")


@pytest.mark.parametrize("name", ["../a/x.jpg", "a/../../x.txt", "/a/x.jpg"])
def test_a_name_that_leads_out_is_refused(path, name):
    refused(make(path, "a/ok.jpg", name), f"'{name}' leads out of the archive")


@pytest.mark.parametrize("name", ["C:/a/x.jpg", "c:x.txt"])
def test_a_name_that_leads_out_on_windows_is_refused(path, name):
    refused(make(path, "a/ok.jpg", name), f"'{name}' begins with a letter and a colon, which is a drive on Windows")


def test_a_name_that_no_system_would_unpack_is_refused(path):
    make(path, "a/ok.jpg", f"a/{'x' * 1020}")
    assert len(list_files(path, "it").others) == 1
    refused(make(path, "a/ok.jpg", f"a/{'x' * 1023}"), r"'a/x{38}\.\.\.' has a name of more than 1,024 characters")


@pytest.mark.parametrize("name", ["a\\x.jpg", "a/x.txt\0.jpg"])
def test_a_misleading_name_is_refused(path, name):
    make(path, "a/ok.jpg", "a/" + "_" * (len(name) - 2))
    path.write_bytes(path.read_bytes().replace(b"a/" + b"_" * (len(name) - 2), name.encode()))
    advice = "unpack it and give the folder" if "\\" in name else "rename it and pack anew"
    refused(path, f"backslash or a NUL in its name; {advice}")


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(path, mode):
    entry = zipfile.ZipInfo("a/x.jpg")
    entry.external_attr = (mode | 0o777) << 16
    refused(make(path, entry, content=b"/etc/passwd"), "is a link or a device")


def test_encrypted_images_are_refused(path):
    make(path, "a/x.jpg")
    _overwrite(path, 8, struct.pack("<H", 1))
    refused(path, "is encrypted")


def test_other_methods_are_refused(path):
    refused(make(path, "a/x.jpg", method=zipfile.ZIP_LZMA), "compressed by method 14")


def test_a_huge_image_is_refused(path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_IMAGE_BYTES", 1999)
    refused(make(path, "a/x.jpg"), "inflate to 2,000 bytes, where 1,999 are allowed")


def test_a_huge_whole_is_refused(path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 3999)
    refused(make(path, "a/x.jpg", "a/y.jpg"), "inflate to 4,000 bytes; at most 3,999")


def test_a_bomb_is_refused(path):
    refused(
        make(path, "a/x.jpg", content=bytes(2_000_000), method=zipfile.ZIP_DEFLATED), "more than 100 times its size"
    )


def test_a_blank_picture_of_a_kind_that_is_not_compressed_is_no_bomb(path):
    check(make(path, "a/x.bmp", content=bytes(2_000_000), method=zipfile.ZIP_DEFLATED))


def test_a_small_empty_drawing_harms_nobody(path):
    check(make(path, "a/x.png", content=bytes(100_000), method=zipfile.ZIP_DEFLATED))


def test_a_large_file_that_nobody_reads_harms_nobody(path):
    make(path, "a/x.jpg", method=zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("notes.txt", bytes(2_000_000))
    check(path)


def test_too_many_entries_are_refused(path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRIES", 2)
    refused(make(path, "a/x.jpg", "a/y.jpg", "a/z.txt"), "3 entries; at most 2")


def test_two_entries_of_one_name_are_refused(path):
    make(path, "a/x.jpg", "a/y.jpg")
    path.write_bytes(path.read_bytes().replace(b"a/y.jpg", b"a/x.jpg"))
    refused(path, "2 entries named 'a/x.jpg'")


def test_no_damage_ends_in_anything_but_a_sentence(path):
    """Randomly overwritten bytes either do not matter or are refused; nothing else is ever raised."""
    make(path, "a/x.jpg", "b/y.png", content=NOISE[:50], method=zipfile.ZIP_DEFLATED)
    whole = path.read_bytes()
    chance = random.Random(1)  # noqa: S311
    refusals = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            check(path)
        except ArchiveError:
            refusals += 1
    assert 100 < refusals < 400


def _overwrite(path: Path, offset: int, value: bytes) -> None:
    """Change a field of the first entry in the central directory, given its offset there."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02") + offset
    data[start : start + len(value)] = value
    path.write_bytes(data)
