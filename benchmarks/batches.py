"""What a batch costs, against ``ImageFolder`` with ``DataLoader`` and as a share of a training step.

``python -m benchmarks.batches plantvillage`` from the root, after ``dvc repro preprocess@plantvillage``. One thread,
batch 64, the augmentation of params.yaml on both sides (torchvision's, image by image, on the other one). The
alternative reads a tree of files, one folder a class, unpacked beforehand: the photographs as they come, resized on the
fly, or, kinder to it, PNG files that already have the size of the shards.
"""

import argparse
import importlib
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from benchmarks._networks import residual_network
from benchmarks._timing import interleaved, milliseconds, print_table, ratio
from resgrad.common.vision import torchvision
from resgrad.datasets.formats.folder import ARCHIVE, opened
from resgrad.shards.batches import Batches, steps_per_epoch
from resgrad.shards.config import AugmentConfig
from resgrad.shards.shards import Shards
from resgrad.study import load_study

BATCH = 64
ROUNDS = 5


def write_tree(folder: Path, images: torch.Tensor, labels: torch.Tensor) -> None:
    """Write images as PNG files, one folder a class."""
    for n, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        path = folder / f"{label:03d}" / f"{n:06d}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = image.permute(1, 2, 0).squeeze(-1).numpy()
        Image.fromarray(pixels).save(path)


def unpack(raw: Path, folder: Path) -> None:
    """Write the images of an archive, one folder a class."""
    with opened(raw, str(raw)) as listing:
        for n, (label, name) in enumerate(zip(listing.labels.tolist(), listing.names, strict=True)):
            path = folder / f"{label:03d}" / f"{n:06d}{Path(name).suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(listing.read(n))


def main() -> None:
    """Time epochs of batches each way, and training steps at depth 20 and 56."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    dataset = parser.parse_args().dataset
    torch.set_num_threads(1)
    shards = Shards(Path("data/shards", dataset))
    manifest = shards.manifest
    images, labels, _ = shards.read("train")
    scaling = manifest["scaling"][manifest["split"]]
    augment = load_study(Path("params.yaml")).data[dataset].augment
    batches = Batches(images, labels, scaling["mean"], scaling["std"], torch.device("cpu"))
    raw = Path("data/raw", dataset)

    def ours() -> None:
        for _ in batches.shuffled(BATCH, augment, seed=0, epoch=1):
            pass

    with tempfile.TemporaryDirectory() as resized, tempfile.TemporaryDirectory() as original:
        write_tree(Path(resized), torch.from_numpy(np.asarray(images)), batches.labels)
        trees = {"PNG of that size": resized}
        if (raw / ARCHIVE).exists():
            unpack(raw, Path(original))
            trees["photographs"] = original
        epochs, per_epoch = {"ours": ours}, {"ours": len(batches)}
        for name, tree in trees.items():
            for workers in (0, 2):
                title = f"`ImageFolder` + `DataLoader`, {name}, {workers} workers"
                loader = torch.utils.data.DataLoader(
                    torchvision.datasets.ImageFolder(tree, changes(augment, manifest["shape"], scaling)),
                    BATCH,
                    shuffle=True,
                    num_workers=workers,
                )
                epochs[title] = lambda loader=loader: sum(len(labels) for _, labels in loader)
                per_epoch[title] = len(loader.dataset)
        seconds = interleaved(epochs, ROUNDS)
    per_batch = {
        name: [value / steps_per_epoch(per_epoch[name], BATCH) for value in values] for name, values in seconds.items()
    }
    rows = [[name, milliseconds(v), ratio(v, per_batch["ours"])] for name, v in per_batch.items()]
    print(f"{dataset}: {len(batches)} training images of {manifest['shape']}, {ROUNDS} rounds\n")
    print_table(["batches", "ms per batch, median (minimum to maximum)", "against ours"], rows)
    print()
    rows = []
    for depth in (20, 56):
        steps = interleaved({"step": training_step(batches, depth, len(manifest["classes"]))}, ROUNDS)["step"]
        share = statistics.median(a / b for a, b in zip(per_batch["ours"], steps, strict=True))
        rows.append([str(depth), milliseconds(steps), f"{100 * share:.2f} %"])
    print_table(["depth", "ms per training step, width 8", "a batch of ours, of a step"], rows)


def changes(augment: AugmentConfig, shape: list[int], scaling: dict[str, list[float]]) -> Callable:
    """Return torchvision's transforms that do to one image what a batch of ours does to many."""
    transforms = importlib.import_module("torchvision.transforms")
    channels, size, _ = shape
    return transforms.Compose(
        [
            transforms.Grayscale(channels) if channels == 1 else transforms.Lambda(lambda image: image),
            transforms.Resize((size, size)),
            transforms.ColorJitter(augment.brightness, augment.contrast, augment.saturation),
            transforms.RandomHorizontalFlip(0.5 * augment.horizontal_flip),
            transforms.RandomVerticalFlip(0.5 * augment.vertical_flip),
            transforms.RandomCrop(size, padding=augment.crop_padding or None),
            transforms.ToTensor(),
            transforms.Normalize(scaling["mean"], scaling["std"]),
        ]
    )


def training_step(batches: Batches, depth: int, classes: int):
    """Return a function that takes one step on a fixed batch."""
    images, labels = next(batches.in_order(BATCH))
    network = residual_network(depth, images.shape[1], classes)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, foreach=True)

    def step() -> None:
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimiser.step()

    return step


if __name__ == "__main__":
    main()
