"""Shards of noise, and how they are augmented, for benchmarks of what reads them."""

from pathlib import Path

import numpy as np

from resgrad.datasets.formats.folder import DEFAULTS
from resgrad.preprocess.shard_writer import ShardWriter
from resgrad.shards.config import AugmentConfig
from resgrad.shards.shards import GIVEN, Split


def write_noise(folder: Path, counts: dict[Split, int], shape: tuple[int, int, int], classes: int = 10) -> None:
    """Write shards.

    Args:
        folder: that does not exist yet.
        counts: images by split.
        shape: channels, height and width.
        classes: the images have in turn.
    """
    rng = np.random.default_rng(0)
    writer = ShardWriter(folder, shape, GIVEN)
    names = [(split, number) for split, count in counts.items() for number in range(count)]
    for split, number in names:
        image = np.frombuffer(rng.bytes(int(np.prod(shape))), np.uint8).reshape(shape)
        writer.add(image, number % classes, GIVEN if split == "train" else ())
    rows = (
        {
            "id": f"{split}-{number:06d}",
            "label": number % classes,
            "group": None,
            "split_given": split,
            "sha256": f"{number:064x}",
        }
        for split, number in names
    )
    writer.finish(rows, {"provenance": "noise", "classes": [str(label) for label in range(classes)], "split": "given"})


def augmentation() -> AugmentConfig:
    """Return how images of one's own are changed, unless params.yaml says otherwise."""
    return AugmentConfig(**DEFAULTS["augment"])
