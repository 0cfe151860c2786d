"""Read a zip of class folders: duplicates found, leaves recognised, photographs decoded on all cores."""

import hashlib
import os
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from resgrad.datasets import archives
from resgrad.datasets.archives import Member
from resgrad.preprocess import duplicates, leaves
from resgrad.preprocess.class_names import canonical, preferred_spellings
from resgrad.preprocess.images import Color, ImageError, decode
from resgrad.preprocess.pictures import Picture, Source

CHUNK_BYTES = 2**19
"""Decoded pixels that a thread hands over at once: enough to make the handing over cheap."""
AHEAD = 6
"""Chunks that wait beyond one per thread, so that threads go on while a shard is written."""


@contextmanager
def opened(
    archive: Path, leaf_map: Path | None, *, size: int, color: Color, threads: int | None = None
) -> Iterator[Source]:
    """Open an archive of photographs.

    Args:
        archive: a zip of class folders.
        leaf_map: a leaf map, where there is one.
        size: pixels per side.
        color: grey or rgb.
        threads: that decode; None for one per core. The decoders work outside Python's lock, and unlike processes
            threads start at once and hand pictures over for nothing.

    Raises:
        ArchiveError: the archive cannot be used.
        LeafMapError: the leaf map cannot be used.
    """
    known_leaves = leaves.read_map(leaf_map) if leaf_map else None
    members = archives.list_images(archive)
    spellings = preferred_spellings(member.label for member in members)
    with zipfile.ZipFile(archive) as file:
        gone = _duplicates(file, members)
        kept = [
            # With strings that exist once: those of the archive's directory and of the classes.
            member._replace(path=file.getinfo(member.path).filename, label=spellings[canonical(member.label)])
            for position, member in enumerate(members)
            if position not in gone
        ]
        del members
        labels = [member.label for member in kept]
        names = [member.name for member in kept]
        places = {name: place for place, name in enumerate(spellings.values())}
        shared = {name for name, times in Counter(zip(labels, names, strict=True)).items() if times > 1}

        def id_of(position: int) -> str:
            """Name a photograph ``class/file name``, or by its full path where several would have that name."""
            path, label, name, _ = kept[position]
            return path if (label, name) in shared else f"{label}/{name}"

        def pictures(positions: list[int]) -> Iterator[Picture]:
            return _decode_all(file, [kept[position] for position in positions], size, color, threads or _cores())

        yield Source(
            classes=list(spellings.values()),
            labels=np.array([places[label] for label in labels], np.int64),
            groups=leaves.group(labels, names, known_leaves),
            is_test=None,
            skipped=Counter(gone.values()),
            id_of=id_of,
            pictures=pictures,
        )


def _duplicates(file: zipfile.ZipFile, members: list[Member]) -> dict[int, str]:
    """Find equal files; only those whose length and checksum in the zip's directory coincide need to be read."""
    entries = [file.getinfo(member.path) for member in members]
    marks = [(entry.file_size, entry.CRC) for entry in entries]
    times = Counter(marks)
    contents = [
        hashlib.sha256(archives.read(file, member)).digest() if times[mark] > 1 else None
        for member, mark in zip(members, marks, strict=True)
    ]
    return duplicates.find(contents, [canonical(member.label) for member in members])


def _decode_all(
    file: zipfile.ZipFile, members: list[Member], size: int, color: Color, threads: int
) -> Iterator[Picture]:
    """Decode on several threads, in the order of ``members``, a few chunks ahead of who asks."""
    per_chunk = max(1, min(64, CHUNK_BYTES // (3 * size * size)))
    pending: deque[Future[list[Picture]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(members), per_chunk):
            pending.append(pool.submit(_decode_chunk, file, members[start : start + per_chunk], size, color))
            if len(pending) > threads + AHEAD:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


def _decode_chunk(file: zipfile.ZipFile, members: list[Member], size: int, color: Color) -> list[Picture]:
    return [_decode_one(archives.read(file, member), size, color) for member in members]


def _decode_one(data: bytes, size: int, color: Color) -> Picture:
    sha256 = hashlib.sha256(data).digest()
    try:
        return Picture(sha256, decode(data, size, color))
    except ImageError as error:
        return Picture(sha256, None, error.reason)


def _cores() -> int:
    """Count the cores that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
