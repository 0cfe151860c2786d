"""From raw files to shards: open the source, deal its pictures to the splits, write them, say what became of them."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from resgrad.common.errors import ResgradError
from resgrad.common.files import replacing
from resgrad.preprocess import digits, photographs, splits
from resgrad.preprocess.images import Color
from resgrad.preprocess.pictures import Source
from resgrad.preprocess.shard_writer import ShardWriter
from resgrad.shards.shards import SCHEMES, SPLITS


class PreprocessError(ResgradError):
    """The raw files cannot be used."""


def preprocess(
    raw: Path,
    shards: Path,
    *,
    image_size: int,
    color: Color,
    train_limit: int | None,
    validation_fraction: float,
    test_fraction: float | None,
    split: Literal["leaf", "random"],
    threads: int | None = None,
) -> dict[str, Any]:
    """Turn a folder of raw files into a folder of shards.

    Args:
        raw: holds provenance.json, and either images.zip (and perhaps leaf-map.json) or the four IDX files of MNIST.
        shards: is replaced, once the new ones are whole.
        image_size: pixels per side.
        color: grey or rgb.
        train_limit: keep at most this many training images of either scheme; None for all.
        validation_fraction: share for validation, of all images or, where the source brings its test, of the others.
        test_fraction: share for the test; None where the source brings it.
        split: the scheme in use; both are written.
        threads: that decode; None for one per core. The result does not depend on it.

    Returns:
        What is worth publishing: ``{provenance: {...}}``, numbers only.

    Raises:
        ResgradError: the raw files cannot be used, or not be split as asked.
    """
    provenance = _provenance(raw)
    shape = (3 if color == "rgb" else 1, image_size, image_size)
    with _opened(raw, image_size, color, threads) as source, replacing(shards) as partial:
        schemes = {
            scheme: splits.limit_training(dealt, source.labels, source.classes, train_limit)
            for scheme, dealt in _deal(source, validation_fraction, test_fraction).items()
        }
        skipped = source.skipped.copy()
        writer = ShardWriter(partial, shape)
        written, digests = _write_images(writer, source, schemes, skipped)
        labels = source.labels[written]
        schemes = {scheme: dealt[written] for scheme, dealt in schemes.items()}
        splits.check(schemes[split], labels, source.classes)
        counts = {scheme: splits.count(dealt, labels, source.classes) for scheme, dealt in schemes.items()}
        leak = _leak(source, written, schemes)
        writer.finish(
            _index(source, written, digests, schemes),
            {
                "provenance": provenance,
                "classes": source.classes,
                "split": split,
                "counts": counts,
                "skipped": skipped,
                "leak": leak,
            },
        )
    return {
        provenance: {
            "images": len(written),
            "skipped": {"total": skipped.total(), **skipped},
            "counts": counts[split],
            "shape": dict(zip(("channels", "height", "width"), shape, strict=True)),
            **_known(source, written, schemes[split]),
            **{key: leak[scheme] for key, scheme in {"leak": split, "leak_random": "random"}.items() if scheme in leak},
        }
    }


def _provenance(raw: Path) -> str:
    path = raw / "provenance.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["provenance"]
    except (OSError, ValueError, LookupError, TypeError):
        raise PreprocessError(f"{path} is missing or damaged; `dvc repro -f download@{raw.name}` makes it.") from None


def _opened(raw: Path, size: int, color: Color, threads: int | None) -> AbstractContextManager[Source]:
    archive, leaf_map = raw / "images.zip", raw / "leaf-map.json"
    if archive.exists():
        return photographs.opened(
            archive, leaf_map if leaf_map.exists() else None, size=size, color=color, threads=threads
        )
    return nullcontext(digits.read(raw, size=size, color=color))


def _deal(source: Source, validation: float, test: float | None) -> dict[str, np.ndarray]:
    """Deal all pictures by either scheme; without groups the two are the same."""
    labels, classes = source.labels, source.classes
    if source.is_test is None:
        singly = splits.deal_singly(labels, classes, validation, test or 0)
    else:
        singly = np.full(len(labels), splits.TEST, np.int8)
        rest = ~source.is_test
        singly[rest] = splits.deal_singly(labels[rest], classes, validation, 0)
    if source.groups is None:
        return {"leaf": singly, "random": singly}
    return {"leaf": splits.deal_groups(labels, source.groups, classes, validation, test or 0), "random": singly}


def _write_images(
    writer: ShardWriter, source: Source, schemes: dict[str, np.ndarray], skipped: Counter[str]
) -> tuple[np.ndarray, list[bytes]]:
    """Write each picture that some scheme has a use for; count the others.

    Returns:
        The positions of the pictures that are written, int64, and their SHA-256.
    """
    used = np.flatnonzero(np.any([dealt != splits.UNUSED for dealt in schemes.values()], axis=0)).tolist()
    skipped.update(over_train_limit=len(source.labels) - len(used))
    written, digests = [], []
    bar = tqdm(used, "Images", unit="image", disable=None, leave=False)
    for position, picture in zip(bar, source.pictures(used), strict=True):
        if picture.pixels is None:
            skipped[picture.reason] += 1
            continue
        trained_in = [scheme for scheme in SCHEMES if schemes[scheme][position] == splits.TRAIN]
        writer.add(picture.pixels, int(source.labels[position]), trained_in)
        written.append(position)
        digests.append(picture.sha256)
    return np.array(written, np.int64), digests


def _index(
    source: Source, written: np.ndarray, digests: list[bytes], schemes: dict[str, np.ndarray]
) -> Iterator[dict[str, Any]]:
    """Make the rows of the index; ``schemes`` are those of the pictures that are written."""
    names = [*SPLITS, None]  # UNUSED is -1, the last
    for row, position in enumerate(written):
        yield {
            "id": source.id_of(position),
            "label": int(source.labels[position]),
            "group": source.groups[position].name if source.groups else None,
            **{f"split_{scheme}": names[dealt[row]] for scheme, dealt in schemes.items()},
            "sha256": digests[row].hex(),
        }


def _leak(source: Source, written: np.ndarray, schemes: dict[str, np.ndarray]) -> dict[str, float]:
    """Measure the leak of either scheme; empty where no leaves are known."""
    if source.groups is None:
        return {}
    groups = [source.groups[position] for position in written]
    leaks = {scheme: splits.leak(dealt, groups) for scheme, dealt in schemes.items()}
    return {scheme: leak for scheme, leak in leaks.items() if leak is not None}


def _known(source: Source, written: np.ndarray, dealt: np.ndarray) -> dict[str, float]:
    """Measure of how many test images the leaf is known; empty where pictures do not come in groups."""
    if source.groups is None:
        return {}
    return {"leaf_known": splits.known(dealt, [source.groups[position] for position in written])}
