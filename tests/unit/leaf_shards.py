"""Shards of small coloured squares with leaves, for tests that need images and both splits."""

from pathlib import Path

import numpy as np

from resgrad.preprocess.shard_writer import ShardWriter
from resgrad.shards.shards import DEALT

CLASSES = ("ant", "bee", "cat")
LEAVES = 10
"""Number of leaves per class, with four photographs each."""
PARTS = ("train",) * 6 + ("validation",) * 2 + ("test",) * 2


def write_shards(
    folder: Path, *, leaves: bool = True, shape: tuple[int, int, int] = (3, 8, 8), brighter: int = 70
) -> None:
    """Write shards of 120 images.

    Args:
        folder: where to write.
        leaves: without them, no image has a group and both splits are the random one.
        shape: shape of the images.
        brighter: how much brighter each class is than the one before; pixels vary by 100, which hides a small value.
    """
    generator = np.random.default_rng(0)
    folder.parent.mkdir(parents=True, exist_ok=True)
    writer = ShardWriter(folder, shape)
    index = []
    for label, name in enumerate(CLASSES):
        for leaf in range(LEAVES):
            for shot in range(4):
                random = PARTS[(leaf + 3 * shot) % LEAVES]  # the photographs of a leaf go to different splits
                splits = {"leaf": PARTS[leaf] if leaves else random, "random": random}
                image = generator.integers(0, 100, shape, dtype=np.uint8) + np.uint8(brighter * label)
                writer.add(image, label, [scheme for scheme in DEALT if splits[scheme] == "train"])
                row = {
                    "id": f"{name}/{leaf}-{shot}",
                    "label": label,
                    "group": f"{name}/leaf {leaf}" if leaves else None,
                }
                index.append({**row, **{f"split_{k}": split for k, split in splits.items()}, "sha256": "0" * 64})
    per_class = {"train": 24, "validation": 8, "test": 8}
    counts = {split: dict.fromkeys(CLASSES, images) for split, images in per_class.items()}
    writer.finish(
        index,
        {
            "provenance": "embedded",
            "classes": CLASSES,
            "split": "leaf" if leaves else "random",
            "counts": dict.fromkeys(DEALT, counts),
            "leak": {"leaf": 0.0, "random": 1.0} if leaves else {},
        },
    )
