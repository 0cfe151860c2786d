"""From raw files to shards: list the images, assign them to splits, write them, and report the result."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from resgrad.common.files import replacing
from resgrad.common.kinds import load_kind
from resgrad.datasets import formats
from resgrad.datasets.errors import DataError
from resgrad.datasets.listing import Listing
from resgrad.datasets.opening import opened
from resgrad.datasets.printing import printable
from resgrad.preprocess import leaves, split_checks, splits
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.decoding import Picture, decode_all
from resgrad.preprocess.pictures import Pictures, gather
from resgrad.preprocess.shard_writer import ShardWriter
from resgrad.preprocess.summary import summarise
from resgrad.shards.shards import SPLITS, Scheme

LEAF_MAP = "leaf-map.json"
Schemes = dict[Scheme, np.ndarray]
"""The splits, by scheme, as in :mod:`resgrad.preprocess.splits`."""


class Preprocessed(NamedTuple):
    """What is known of a data set once its shards are written."""

    metrics: dict[str, Any]
    """The metrics to publish: ``{provenance: {...}}``, numbers only."""
    sentences: list[str]
    """For the screen: :func:`resgrad.preprocess.summary.summarise`."""


class PreprocessError(DataError):
    """The raw files cannot be used."""


def preprocess(
    raw: Path, shards: Path, config: PreprocessConfig, *, format_name: str, threads: int | None = None
) -> Preprocessed:
    """Turn a folder of raw files into a folder of shards.

    Args:
        raw: holds provenance.json, the result of the format's ``bring``, and perhaps leaf-map.json.
        shards: the folder to replace, once the new one is complete.
        config: size, colour, limit and splits.
        format_name: one of :mod:`resgrad.datasets.formats`.
        threads: number of decoding threads; None for one per core. The result does not depend on it.

    Raises:
        ResgradError: the raw files cannot be used, or not be split as asked.
    """
    provenance = _provenance(raw)
    leaf_map = leaves.read_map(raw / LEAF_MAP) if (raw / LEAF_MAP).exists() else None
    shape = (3 if config.color == "rgb" else 1, config.image_size, config.image_size)
    with opened(load_kind(formats, format_name), raw, str(raw)) as listing, replacing(shards) as folder:
        pictures = gather(listing, leaf_map)
        classes = listing.classes
        dealt_by = splits.deal(pictures, classes, config)
        in_use: Scheme = "given" if "given" in dealt_by else config.split
        schemes: Schemes = {
            scheme: splits.limit_training(dealt, pictures.labels, classes, config.train_limit)
            for scheme, dealt in dealt_by.items()
            if scheme == in_use or split_checks.is_whole(dealt, pictures.labels, len(classes))
        }
        skipped, examples = pictures.skipped.copy(), pictures.examples.copy()
        writer = ShardWriter(folder, shape, tuple(schemes))
        decoded = partial(decode_all, listing.read, size=config.image_size, color=config.color, threads=threads)
        written, digests, unusable = _write_images(writer, pictures, decoded, schemes)
        skipped.update(over_train_limit=len(pictures.labels) - len(written) - len(unusable))
        by_class: dict[int, str] = {}
        for place, reason in unusable.items():
            skipped[reason] += 1
            name = listing.id_of(int(pictures.positions[place]))
            examples.setdefault(reason, name)
            by_class.setdefault(int(pictures.labels[place]), f"{name}, {reason.replace('_', ' ')}")
        labels = pictures.labels[written]
        schemes = {scheme: dealt[written] for scheme, dealt in schemes.items()}
        split_checks.check(
            *(schemes[in_use], labels, classes, skipped, split_checks.brought(pictures)),
            unusable=by_class,
            groups=[pictures.groups[place].name for place in written]
            if pictures.groups and config.split == "leaf"
            else (),
        )
        counts = {scheme: splits.count(dealt, labels, classes) for scheme, dealt in schemes.items()}
        leak = _leak(pictures, written, schemes)
        writer.finish(
            _index(pictures, written, digests, schemes),
            {
                "provenance": provenance,
                "classes": classes,
                "split": in_use,
                "counts": counts,
                "skipped": skipped,
                "leak": leak,
            },
        )
    published = {"leak": in_use, "leak_random": "random"}
    metrics = {
        "images": len(written),
        "skipped": {"total": skipped.total(), **skipped},
        "counts": counts[in_use],
        "shape": dict(zip(("channels", "height", "width"), shape, strict=True)),
        **_known(pictures, written, schemes[in_use]),
        **{key: leak[scheme] for key, scheme in published.items() if scheme in leak},
        **_own_splits(pictures, written, schemes[in_use]),
        **_files(listing),
    }
    singly = {}
    if in_use == "leaf":
        singly = {part: float(np.mean(dealt_by["random"] == number)) for number, part in enumerate(SPLITS)}
    sentences = summarise(raw.name, metrics, examples, singly, dealt_by.keys() - schemes)
    return Preprocessed({provenance: metrics}, list(map(printable, sentences)))


def _provenance(raw: Path) -> str:
    path = raw / "provenance.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["provenance"]
    except (OSError, ValueError, LookupError, TypeError):
        raise PreprocessError(f"{path} is missing or damaged; `dvc repro -f download@{raw.name}` makes it.") from None


def _write_images(
    writer: ShardWriter,
    pictures: Pictures,
    decoded: Callable[[list[int]], Iterator[Picture]],
    schemes: Schemes,
) -> tuple[np.ndarray, list[bytes], dict[int, str]]:
    """Write each picture that some scheme uses.

    Returns:
        the places of the written pictures, int64, their SHA-256, and why the others cannot be used, by place.
    """
    used = np.flatnonzero(np.any([dealt != splits.UNUSED for dealt in schemes.values()], axis=0)).tolist()
    written, digests = [], []
    unusable: dict[int, str] = {}
    bar = tqdm(used, "Images", unit="image", disable=None, leave=False)
    for place, picture in zip(bar, decoded(pictures.positions[used].tolist()), strict=True):
        if picture.pixels is None:
            unusable[place] = picture.reason
            continue
        trained_in = [scheme for scheme, dealt in schemes.items() if dealt[place] == splits.TRAIN]
        writer.add(picture.pixels, int(pictures.labels[place]), trained_in)
        written.append(place)
        digests.append(picture.sha256)
    return np.array(written, np.int64), digests, unusable


def _index(pictures: Pictures, written: np.ndarray, digests: list[bytes], schemes: Schemes) -> Iterator[dict[str, Any]]:
    """Make the rows of the index; ``schemes`` hold the splits of the written pictures."""
    names = [*SPLITS, None]  # UNUSED is -1, the last
    for row, place in enumerate(written):
        yield {
            "id": pictures.id_of(place),
            "label": int(pictures.labels[place]),
            "group": pictures.groups[place].name if pictures.groups else None,
            **{f"split_{scheme}": names[dealt[row]] for scheme, dealt in schemes.items()},
            "sha256": digests[row].hex(),
        }


def _leak(pictures: Pictures, written: np.ndarray, schemes: Schemes) -> dict[str, float]:
    """Measure the leak of each scheme; empty if no leaves are known."""
    if pictures.groups is None:
        return {}
    groups = [pictures.groups[place] for place in written]
    leaks = {scheme: splits.leak(dealt, groups) for scheme, dealt in schemes.items()}
    return {scheme: leak for scheme, leak in leaks.items() if leak is not None}


def _known(pictures: Pictures, written: np.ndarray, dealt: np.ndarray) -> dict[str, float]:
    """Measure for how many test images the leaf is known; empty if pictures do not come in groups."""
    if pictures.groups is None:
        return {}
    return {"leaf_known": splits.known(dealt, [pictures.groups[place] for place in written])}


def _own_splits(pictures: Pictures, written: np.ndarray, dealt: np.ndarray) -> dict[str, float]:
    """Return what a set's own test has in common with its other splits; empty if it has none.

    Copies are counted before they are removed, captures among what is left.
    """
    if pictures.copied is None:
        return {}
    found: dict[str, float] = {"split_given": 1, "leak_copies": pictures.copied}
    if pictures.captures:
        found["leak_captures"] = splits.leak_of_captures(dealt, [pictures.captures[place] for place in written])
    return found


def _files(listing: Listing) -> dict[str, Mapping[str, Any]]:
    """Return the use of files: the folders of each class, and the ignored files; empty without files."""
    passed_over = {reason: kind.files for reason, kind in listing.passed_over.items()}
    found = {"folders": listing.folders, "passed_over": {"total": sum(passed_over.values()), **passed_over}}
    return found if listing.names else {}
