"""What a batch costs, against ``ImageFolder`` with ``DataLoader`` and as a share of a training step.

``python -m benchmarks.batches data/shards/plantvillage`` from the root. The images of the shards are written as PNG
files into a temporary folder, one folder a class, so that both sides start from the same pixels; that is not timed.
One thread, batch 64, the augmentation of params.yaml on both sides (torchvision's, image by image, on the other one).
"""

import argparse
import importlib
import tempfile
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from benchmarks._networks import residual_network
from benchmarks._timing import interleaved, milliseconds, print_table, ratio
from resgrad.data.batches import Batches, steps_per_epoch
from resgrad.data.shards import Shards
from resgrad.study import load_study
from resgrad.vision import torchvision

BATCH = 64
ROUNDS = 5


def write_tree(folder: Path, images: torch.Tensor, labels: torch.Tensor) -> None:
    """Write images as PNG files, one folder a class."""
    for n, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        path = folder / f"{label:03d}" / f"{n:06d}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = image.permute(1, 2, 0).squeeze(-1).numpy()
        Image.fromarray(pixels).save(path)


def main() -> None:
    """Time one epoch of batches each way, and training steps at depth 20 and 56."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shards", type=Path)
    folder = parser.parse_args().shards
    torch.set_num_threads(1)
    shards = Shards(folder)
    manifest = shards.manifest
    images, labels, _ = shards.read("train")
    scaling = manifest["scaling"][manifest["split"]]
    augment = load_study(Path("params.yaml")).train.augment[folder.name]
    batches = Batches(images, labels, scaling["mean"], scaling["std"], torch.device("cpu"))
    importlib.import_module("torchvision.transforms")
    transforms = torchvision.transforms
    channels, _, size = manifest["shape"]
    changes = [
        transforms.ColorJitter(augment.brightness, augment.contrast, augment.saturation),
        transforms.RandomHorizontalFlip(0.5 * augment.horizontal_flip),
        transforms.RandomVerticalFlip(0.5 * augment.vertical_flip),
        transforms.RandomCrop(size, padding=augment.crop_padding or None),
        transforms.ToTensor(),
        transforms.Normalize(scaling["mean"], scaling["std"]),
    ]
    if channels == 1:
        changes.insert(0, transforms.Grayscale())

    with tempfile.TemporaryDirectory() as tree:
        write_tree(Path(tree), torch.from_numpy(images), batches.labels)
        dataset = torchvision.datasets.ImageFolder(tree, transforms.Compose(changes))

        def loader(workers: int) -> None:
            for _ in torch.utils.data.DataLoader(dataset, BATCH, shuffle=True, num_workers=workers):
                pass

        def ours() -> None:
            for _ in batches.shuffled(BATCH, augment, seed=0, epoch=1):
                pass

        seconds = interleaved(
            {
                "ours": ours,
                "`ImageFolder` + `DataLoader`": lambda: loader(0),
                "`ImageFolder` + `DataLoader`, 2 workers": lambda: loader(2),
            },
            ROUNDS,
        )
    steps = steps_per_epoch(len(batches), BATCH)
    per_batch = {name: [value / steps for value in values] for name, values in seconds.items()}
    rows = [[name, milliseconds(v), ratio(v, per_batch["ours"])] for name, v in per_batch.items()]
    print(f"{folder.name}: {len(batches)} training images of {manifest['shape']}, {ROUNDS} rounds\n")
    print_table(["batches", "ms per batch, median (minimum to maximum)", "against ours"], rows)
    print()
    rows = []
    for depth in (20, 56):
        step = training_step(batches, depth, len(manifest["classes"]))
        step_seconds = interleaved(
            {"step": step, "batch": lambda: next(iter(batches.shuffled(BATCH, augment, 0, 1)))}, ROUNDS
        )["step"]
        share = sorted(a / b for a, b in zip(per_batch["ours"], step_seconds, strict=True))[ROUNDS // 2]
        rows.append([str(depth), milliseconds(step_seconds), f"{100 * share:.2f} %"])
    print_table(["depth", "ms per training step, width 8", "of which a batch of ours would be"], rows)


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
