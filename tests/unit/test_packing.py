import os
import re
import zipfile
from pathlib import Path

import pytest

from resgrad.datasets import archives, packing
from resgrad.datasets.archives import ArchiveError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, as a user might have them on disk."""
    for name in ("b/2.jpg", "b/10.JPG", "a/x y.png"):
        path = tmp_path / "PlantVillage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "PlantVillage"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "images.zip"


def pack(folder: Path, archive: Path) -> list[str]:
    return packing.pack(packing.files_below(folder, "mine"), archive, "mine")


def test_a_folder_becomes_a_zip_of_its_images_and_what_is_none_is_named(folder, archive):
    (folder / "b/notes.txt").write_text("not an image")
    (folder / "b/.hidden.jpg").write_text("not an image either")
    (folder / "empty").mkdir()
    assert pack(folder, archive) == ["b/.hidden.jpg", "b/notes.txt", "empty/"]
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["a/x y.png", "b/10.JPG", "b/2.jpg"]
        assert opened.read("b/2.jpg") == b"b/2.jpg"
        assert {entry.compress_type for entry in opened.infolist()} == {zipfile.ZIP_STORED}


def test_what_lies_above_the_classes_is_kept(folder, archive):
    pack(folder.parent, archive)
    assert [member.path for member in archives.list_files(archive, "mine").images] == [
        "PlantVillage/a/x y.png",
        "PlantVillage/b/10.JPG",
        "PlantVillage/b/2.jpg",
    ]


def test_the_same_pictures_give_the_same_bytes(folder, archive, tmp_path):
    pack(folder, archive)
    first = archive.read_bytes()
    again = tmp_path / "again"
    for name in ("a/x y.png", "b/2.jpg", "b/10.JPG"):  # made in another order, at another time, with other modes
        path = again / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        path.chmod(0o600)
        os.utime(path, (1e9, 1e9))
    pack(again, archive)
    assert archive.read_bytes() == first


def test_a_link_that_leads_out_is_refused(folder, archive, tmp_path):
    (tmp_path / "private.jpg").write_text("private")
    (folder / "a/link.jpg").symlink_to(tmp_path / "private.jpg")
    refused(folder, archive, r"mine/a/link\.jpg is a link that leads out of mine")


def test_a_folder_link_that_leads_out_is_refused(folder, archive, tmp_path):
    (tmp_path / "private").mkdir()
    (folder / "c").symlink_to(tmp_path / "private")
    refused(folder, archive, "c is a link that leads out")


def test_a_link_within_the_folder_is_followed_and_keeps_its_name(folder, archive):
    (folder / "a/again.jpg").symlink_to(folder / "b/2.jpg")
    (folder / "c").symlink_to(folder / "b")
    pack(folder, archive)
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [
            *("a/again.jpg", "a/x y.png", "b/10.JPG", "b/2.jpg", "c/10.JPG", "c/2.jpg"),
        ]
        assert opened.read("a/again.jpg") == opened.read("c/2.jpg") == b"b/2.jpg"


@pytest.mark.parametrize("links", [{"a/up": ""}, {"a/b": "b", "b/a": "a"}])
def test_links_in_a_circle_are_refused(folder, archive, links):
    for link, target in links.items():
        (folder / link).symlink_to(folder / target)
    refused(folder, archive, "is a link that leads in a circle")


@pytest.mark.parametrize("links", [{"1.jpg": "1.jpg"}, {"1.jpg": "2.jpg", "2.jpg": "1.jpg"}])
def test_links_to_each_other_are_refused(folder, archive, links):
    for link, target in links.items():
        (folder / "a" / link).symlink_to(target)
    refused(folder, archive, rf"mine/a/({'|'.join(links)}) is a link that leads in a circle; remove it\.")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a: ratio/0.png", r"mine/a: ratio/0\.png begins with a letter and a colon, which is a drive on Windows"),
        ("a\\b/0.png", r"mine/a\\b/0\.png has a backslash or a NUL in its name"),
    ],
)
def test_a_name_that_is_a_path_elsewhere_is_to_be_changed(folder, archive, name, said):
    (folder / name).parent.mkdir()
    (folder / name).write_bytes(b"")
    refused(folder, archive, rf"^{said}; rename it\.$")


def test_links_that_nobody_follows_may_lead_anywhere(folder, archive):
    links = {"README": "/etc/hostname", ".venv/python": "/usr/bin/python3", "b/loop.txt": "loop.txt"}
    for link, target in links.items():
        (folder / link).parent.mkdir(exist_ok=True)
        (folder / link).symlink_to(target)
    assert pack(folder, archive) == sorted(links)


def test_one_folder_may_have_many_names(folder, archive):
    for number in range(100):
        (folder / f"c{number}").symlink_to(folder / "b")
    pack(folder, archive)
    with zipfile.ZipFile(archive) as opened:
        assert len(opened.namelist()) == 3 + 200


def test_links_that_fork_level_by_level_are_refused(folder, archive):
    place = folder / "b"
    for level in range(30):
        above = folder / f"level-{level}"
        above.mkdir()
        for name in "12":
            (above / name).symlink_to(place)
        place = above
    refused(folder, archive, "is reached more than 256 times, through links; remove some")


def test_a_pipe_that_is_called_an_image_is_refused(folder, archive):
    os.mkfifo(folder / "a/pipe.jpg")
    refused(folder, archive, "pipe.jpg is no file")


def test_a_huge_image_is_refused(folder, archive, monkeypatch):
    monkeypatch.setattr(packing, "MAX_IMAGE_BYTES", 8)
    refused(folder, archive, "x y.png has more than 8 bytes")


@pytest.mark.parametrize("name", [b"a/\xff.jpg", b"\xc3\xa8\xff/1.jpg"])
def test_a_name_that_no_zip_can_hold_is_refused(folder, archive, name):
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    refused(folder, archive, re.escape(f"mine holds {str(name)[1:]}, and that name is not UTF-8; rename it."))


def test_a_folder_that_cannot_be_read_is_not_passed_over(folder, archive, monkeypatch):
    listdir = os.listdir

    def deny(path: Path) -> object:
        if path.name == "b":
            raise PermissionError(13, "Permission denied", path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", deny)
    with pytest.raises(PermissionError):
        pack(folder, archive)


def refused(folder: Path, archive: Path, said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        pack(folder, archive)
    assert not archive.exists()
    assert not list(archive.parent.glob("*"))
