"""A folder of class folders, or a zip or tar of one: users' own images, and PlantVillage.

:mod:`resgrad.datasets.class_folders` says what a class is, and how a tree with splits of its own is read.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from resgrad.common.files import write_json
from resgrad.datasets import archives, packing, tars
from resgrad.datasets.archives import ArchiveError
from resgrad.datasets.class_folders import read_tree
from resgrad.datasets.listing import Listing
from resgrad.datasets.packing import File

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "leaf_map": None,
        "image_size": 32,
        "color": "rgb",
        "train_limit": None,
        "validation_fraction": 0.15,
        "test_fraction": 0.2,
        "split": "leaf",
        "epochs": 16,
        "target_accuracy": 0.5,
        "augment": {"horizontal_flip": True, "crop_padding": 2},
    }
)
BRINGS_TEST = False
HAS_FILE_NAMES = True
FILES = ()

ARCHIVE = "images.zip"
OTHERS = "passed-over.json"
"""The names of files that were not packed; a zip that was copied unchanged contains them itself."""


def bring(source: Path, folder: Path, shown: str) -> None:
    """Copy a zip unchanged; pack the images of a folder or a tar into one.

    Raises:
        ArchiveError: the source is damaged, or must not be trusted.
    """
    archive = folder / ARCHIVE
    if source.is_dir():
        others = packing.pack(packing.files_below(source, shown), archive, shown)
    elif tars.is_tar(source):
        members = tars.members(source, shown, max_bytes=archives.MAX_IMAGE_BYTES)
        others = packing.pack((File(member.path, member.read) for member in members), archive, shown)
    elif not archives.is_zip(source):
        raise ArchiveError(
            f"{shown} is neither a zip nor a tar (plain, or compressed with gzip, bzip2 or xz); fetch it again if it "
            "should be one, or give a folder of class folders."
        )
    else:
        archives.list_files(source, shown)
        shutil.copyfile(source, archive)
        return
    if others:
        write_json(folder / OTHERS, others)


@contextmanager
def opened(folder: Path, shown: str) -> Iterator[Listing]:
    """List the images, sorted by path.

    Raises:
        ArchiveError: the archive is damaged.
        LayoutError: its folders are not classes.
    """
    archive = folder / ARCHIVE
    images, others, empty = archives.list_files(archive, shown)
    if (folder / OTHERS).exists():
        names = json.loads((folder / OTHERS).read_text(encoding="utf-8"))
        others = [name for name in names if not name.endswith("/")]
        empty = [name for name in names if name.endswith("/")]
    marks = [(member.size, member.crc) for member in images]
    tree = read_tree([member.path for member in images], marks, others, empty, shown)
    # Shares its strings with the archive's directory and the classes, which saves memory.
    kept = [(member, place) for member, place in zip(images, tree.places, strict=True) if place]
    classes = list(tree.folders)
    numbers = {label: number for number, label in enumerate(classes)}
    splits = [place.split for _, place in kept]
    with archives.opened(archive) as file:
        yield Listing(
            classes=classes,
            labels=np.array([numbers[place.label] for _, place in kept], np.int64),
            splits=splits if set(splits) - {None, "train"} else None,
            names=[member.path.rpartition("/")[2] for member, _ in kept],
            id_of=lambda position: kept[position][0].path,
            read=lambda position: archives.read(file, kept[position][0], shown),
            marks=[(member.size, member.crc) for member, _ in kept],
            passed_over=tree.passed_over,
            folders=tree.folders,
        )
