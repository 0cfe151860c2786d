"""Zip files of class folders: what images they hold, and whether they may be trusted.

The class of an image is the folder it lies in; what lies above that folder does not matter. Everything that is read
here came from somewhere else, so that nothing is extracted to disk and every size is bounded before it is believed.
"""

import re
import stat
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from tqdm import tqdm

from resgrad.common.errors import ResgradError

IMAGE_ENDINGS = frozenset({".jpg", ".jpeg", ".png"})

MAX_ENTRIES = 1_000_000
"""PlantVillage in all its variants (colour, grey, segmented; Kaggle has each twice) stays below 400,000."""
MAX_IMAGE_BYTES = 64 * 2**20
"""A leaf at 256x256 takes 20 kB; no camera writes a photograph of 64 MiB as JPEG."""
MAX_TOTAL_BYTES = 32 * 2**30
"""Ten times the largest variant of PlantVillage."""
MAX_RATIO = 100
"""JPEG and PNG are compressed already and shrink by a few per cent; deflate reaches 1,032 on nothing but zeros."""
RATIO_MATTERS_FROM = 2**20
"""Below this size a high ratio harms nobody: an empty drawing compresses well."""

_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1  # bit of the general purpose flags
_DRIVE = re.compile(r"[A-Za-z]:")


class ArchiveError(ResgradError, ValueError):
    """An archive cannot be used or must not be trusted."""


class Member(NamedTuple):
    """An image in an archive."""

    path: str
    """Full name within the archive."""
    label: str
    """Class: the name of the folder it lies in, as spelt there."""
    name: str
    """File name."""
    size: int
    """Bytes once inflated, as the archive announces them."""


def list_images(archive: Path) -> list[Member]:
    """List the images of an archive, sorted by path, after making sure that the archive may be trusted.

    Folders, hidden files, what macOS adds (``__MACOSX``) and files that are no images by their ending are passed over.

    Raises:
        ArchiveError: the file is no zip, is damaged or hostile, or holds no class folders.
        OSError: the file cannot be opened.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, OverflowError) as error:
        raise ArchiveError(
            f"{archive} cannot be read as a zip file ({error}): it is another kind of file, cut short or damaged; "
            "fetch it again."
        ) from None
    images = [entry for entry in entries if _is_image_entry(entry)]
    _check_entries(archive, entries, images)
    members = [_member(entry) for entry in images]
    if not members:
        raise ArchiveError(
            f"{archive} holds no images ({', '.join(sorted(IMAGE_ENDINGS))}); "
            "it must hold one folder of images per class."
        )
    for member in members:
        if not member.label:
            raise ArchiveError(
                f"{archive} holds the image {member.path!r} outside of any folder; "
                "it must hold one folder of images per class."
            )
    return sorted(members)


def read(archive: zipfile.ZipFile, member: Member) -> bytes:
    """Read an image's bytes, exactly as many as were announced.

    Raises:
        ArchiveError: the entry is damaged.
    """
    try:
        with archive.open(member.path) as stream:
            data = stream.read(member.size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, OverflowError, ValueError) as error:
        # OSError, OverflowError, ValueError: the directory gives a place that no file has, such as -1.
        raise ArchiveError(f"{archive.filename} is damaged at {member.path!r} ({error}); fetch it again.") from None
    if len(data) < member.size:
        raise ArchiveError(
            f"{archive.filename} is damaged at {member.path!r} (it ends after {len(data):,} of {member.size:,} bytes); "
            "fetch it again."
        )
    return data


def check(archive: Path) -> None:
    """Make sure that an archive may be trusted and is whole: every image is read once and its checksum compared.

    Raises:
        ArchiveError: as :func:`list_images` and :func:`read`.
        OSError: the file cannot be opened.
    """
    members = list_images(archive)
    with zipfile.ZipFile(archive) as opened:
        for member in tqdm(members, "Checking images", unit="image", disable=None, leave=False):
            read(opened, member)


def is_image(path: PurePath) -> bool:
    """Tell whether a file counts as an image: by its ending, and neither hidden nor added by macOS."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() in IMAGE_ENDINGS and not hidden


def _check_entries(archive: Path, entries: list[zipfile.ZipInfo], images: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ArchiveError(f"{archive} holds {len(entries):,} entries; at most {MAX_ENTRIES:,} can be used.")
    for name, times in Counter(entry.filename for entry in entries).most_common(1):
        if times > 1:
            raise ArchiveError(
                f"{archive} holds {times} entries named {name!r}, and which is meant is unclear; repack it."
            )
    for group, find_fault in ((entries, _fault), (images, _fault_of_image)):
        for entry in group:
            if fault := find_fault(entry):
                name = entry.orig_filename
                raise ArchiveError(f"{archive} cannot be trusted: its entry {name!r} {fault}; repack it.")
    total = sum(entry.file_size for entry in images)
    if total > MAX_TOTAL_BYTES:
        raise ArchiveError(f"{archive} would inflate to {total:,} bytes; at most {MAX_TOTAL_BYTES:,} can be used.")


def _member(entry: zipfile.ZipInfo) -> Member:
    path = PurePosixPath(entry.filename)
    return Member(entry.filename, path.parent.name, path.name, entry.file_size)


def _is_image_entry(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and is_image(PurePosixPath(entry.filename))


def _fault(entry: zipfile.ZipInfo) -> str | None:
    """Say what is wrong with an entry of any kind, to follow its name in a sentence; None where nothing is."""
    name = entry.orig_filename  # `filename` ends at the first NUL
    if name.startswith("/") or _DRIVE.match(name) or ".." in PurePosixPath(name).parts:
        return "leads out of the archive"
    if "\\" in name or "\0" in name:
        return "has a backslash or a NUL in its name"
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or a device"
    return None


def _fault_of_image(entry: zipfile.ZipInfo) -> str | None:
    """Say what forbids to read an image; other files may be of any size or method, as nobody reads them."""
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if entry.compress_type not in _READABLE:
        return f"is compressed by method {entry.compress_type}, where only stored (0) and deflated (8) can be read"
    if entry.file_size > MAX_IMAGE_BYTES:
        return f"would inflate to {entry.file_size:,} bytes, where {MAX_IMAGE_BYTES:,} are allowed"
    if entry.file_size > RATIO_MATTERS_FROM and entry.file_size > MAX_RATIO * entry.compress_size:
        return f"would inflate to more than {MAX_RATIO} times its size"
    return None
