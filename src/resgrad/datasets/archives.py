"""Zip files of images: their contents, and whether they may be trusted.

Everything read here comes from elsewhere. Therefore nothing is extracted to disk, and every size is checked against a
bound before it is used.
"""

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from resgrad.datasets.errors import DataError

IMAGE_ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
UNCOMPRESSED_ENDINGS = frozenset({".bmp", ".tif", ".tiff"})

MAX_ENTRIES = 1_000_000
"""PlantVillage in all its variants (colour, grey, segmented; Kaggle has each twice) has fewer than 400,000."""
MAX_IMAGE_BYTES = 64 * 2**20
"""A leaf at 256x256 takes 20 kB; no camera writes a photograph of 64 MiB as JPEG."""
MAX_TOTAL_BYTES = 32 * 2**30
"""Ten times the largest variant of PlantVillage."""
MAX_RATIO = 100
"""JPEG and PNG are already compressed and shrink by a few per cent; deflate reaches 1,032 on zeros. BMP and TIFF may be
uncompressed, and an empty picture may shrink as much."""
RATIO_MATTERS_FROM = 2**20
"""Below this size a high ratio is harmless: an empty drawing compresses well."""
MAX_NAME = 1024
"""Limit for the characters of a path within an archive; Linux allows 4,096 bytes in all, Windows 260 characters."""
HARD_LINK = "is a second name of a file that comes before it, a hard link"
"""The fault of an entry of a tar."""

_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1  # bit of the general purpose flags
_DRIVE = re.compile(r"[A-Za-z]:")


class ArchiveError(DataError):
    """An archive cannot be used or must not be trusted."""


class Member(NamedTuple):
    """An image in an archive."""

    path: str
    """Full name within the archive."""
    size: int
    """Bytes when inflated, as the archive declares them."""
    crc: int
    """Checksum, as the archive declares it."""


class Contents(NamedTuple):
    """The contents of an archive."""

    images: list[Member]
    """Sorted by path."""
    others: list[str]
    """Files that are ignored."""
    empty: list[str]
    """Folders without any file."""


@contextmanager
def opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip for :func:`list_files` and :func:`read`; names not marked as UTF-8 are read as UTF-8 too."""
    with zipfile.ZipFile(archive, metadata_encoding="utf-8") as file:
        yield file


def is_zip(file: Path) -> bool:
    """Say whether a file begins or ends as a zip does; it may still be damaged."""
    with file.open("rb") as raw:
        return raw.read(2) == b"PK" or zipfile.is_zipfile(file)


def list_files(archive: Path, shown: str) -> Contents:
    """List the files of a zip, after checking that it may be trusted.

    Args:
        archive: the file.
        shown: its name in messages.

    Raises:
        ArchiveError: the file is not a zip, is damaged or hostile, or has unreadable names.
        OSError: the file cannot be opened.
    """
    try:
        with opened(archive) as file:
            entries = file.infolist()
    except UnicodeDecodeError as error:
        raise ArchiveError(
            f"{shown} holds a name that is not UTF-8 ({ascii(error.object)[1:]}), and what it says depends on the "
            "system that packed it; repack it with UTF-8 names, or unpack it and give the folder."
        ) from None
    except (zipfile.BadZipFile, NotImplementedError, OverflowError) as error:
        raise ArchiveError(
            f"{shown} cannot be read as a zip file ({error}): it is another kind of file, cut short or damaged; "
            "fetch it again."
        ) from None
    files = [entry for entry in entries if not entry.is_dir()]
    images = [entry for entry in files if is_image(PurePosixPath(entry.filename))]
    _check_entries(shown, entries, images)
    filled = {str(folder) for entry in files for folder in PurePosixPath(entry.filename).parents}
    folders = {entry.filename.rstrip("/") for entry in entries if entry.is_dir()}
    return Contents(
        images=sorted(Member(entry.filename, entry.file_size, entry.CRC) for entry in images),
        others=sorted({entry.filename for entry in files} - {entry.filename for entry in images}),
        empty=sorted(folders - filled),
    )


def read(archive: zipfile.ZipFile, member: Member, shown: str) -> bytes:
    """Read an image's bytes, exactly as many as were declared.

    Raises:
        ArchiveError: the entry is damaged; the message calls the archive ``shown``.
    """
    try:
        with archive.open(member.path) as stream:
            data = stream.read(member.size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, OverflowError, ValueError) as error:
        # OSError, OverflowError, ValueError: the directory gives an impossible offset, such as -1.
        raise ArchiveError(f"{shown} is damaged at {member.path!r} ({error}); fetch it again.") from None
    if len(data) < member.size:
        raise ArchiveError(
            f"{shown} is damaged at {member.path!r} (it ends after {len(data):,} of {member.size:,} bytes); "
            "fetch it again."
        )
    return data


def is_image(path: PurePath) -> bool:
    """Say whether a file counts as an image: it has an image's suffix and is not hidden."""
    return path.suffix.lower() in IMAGE_ENDINGS and not is_hidden(path)


def is_hidden(path: PurePath) -> bool:
    """Say whether a file, or a folder above it, is hidden or was added by macOS."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def fault_of_name(name: str) -> str | None:
    """Say what is wrong with a path within an archive or a folder, as a phrase to follow it; None if nothing is."""
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        return "leads out of the archive"
    if _DRIVE.match(name):
        return "begins with a letter and a colon, which is a drive on Windows"
    if "\\" in name or "\0" in name:
        return "has a backslash or a NUL in its name"
    if len(name) > MAX_NAME:
        return f"has a name of more than {MAX_NAME:,} characters"
    return None


def untrusted(shown: str, name: str, fault: str) -> ArchiveError:
    """Make the error for an entry of an archive with a fault, a phrase that follows its name."""
    advice = "rename it and pack anew" if fault_of_name(name) else "repack it"
    if "\\" in name:  # some programs for Windows write it between the names of folders
        advice = "unpack it and give the folder"
    if fault == HARD_LINK:
        advice = "unpack it and give the folder, or pack it with `tar --hard-dereference`"
    name = name if len(name) <= MAX_NAME else f"{name[:40]}..."
    return ArchiveError(f"{shown} cannot be trusted: its entry {name!r} {fault}; {advice}.")


def _check_entries(shown: str, entries: list[zipfile.ZipInfo], images: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ArchiveError(f"{shown} holds {len(entries):,} entries; at most {MAX_ENTRIES:,} can be used.")
    for name, times in Counter(entry.filename for entry in entries).most_common(1):
        if times > 1:
            raise ArchiveError(
                f"{shown} holds {times} entries named {name!r}, and which is meant is unclear; repack it."
            )
    for group, find_fault in ((entries, _fault), (images, _fault_of_image)):
        for entry in group:
            if fault := find_fault(entry):
                raise untrusted(shown, entry.orig_filename, fault)
    total = sum(entry.file_size for entry in images)
    if total > MAX_TOTAL_BYTES:
        raise ArchiveError(f"{shown} would inflate to {total:,} bytes; at most {MAX_TOTAL_BYTES:,} can be used.")


def _fault(entry: zipfile.ZipInfo) -> str | None:
    """Say what is wrong with an entry of any kind, as a phrase to follow its name; None if nothing is."""
    if fault := fault_of_name(entry.orig_filename):  # `filename` ends at the first NUL
        return fault
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or a device"
    return None


def _fault_of_image(entry: zipfile.ZipInfo) -> str | None:
    """Say why an image must not be read; other files, which nobody reads, may have any size and method."""
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if entry.compress_type not in _READABLE:
        return f"is compressed by method {entry.compress_type}, where only stored (0) and deflated (8) can be read"
    if entry.file_size > MAX_IMAGE_BYTES:
        return f"would inflate to {entry.file_size:,} bytes, where {MAX_IMAGE_BYTES:,} are allowed"
    inflates = entry.file_size > RATIO_MATTERS_FROM and entry.file_size > MAX_RATIO * entry.compress_size
    if inflates and PurePosixPath(entry.filename).suffix.lower() not in UNCOMPRESSED_ENDINGS:
        return f"would inflate to more than {MAX_RATIO} times its size"
    return None
