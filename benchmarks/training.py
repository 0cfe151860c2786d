"""Images per second of a whole epoch, against the loop that one would otherwise write.

``python -m benchmarks.training`` from the root. Residual networks on 3x32x32 noise, one thread. An epoch is a
few steps and one evaluation on a quarter as many images. Contenders:

* ours: the trainer on shards, with the recorder off, and as params.yaml has it;
* tensors: normalised beforehand, in a ``TensorDataset``, so without augmentation;
* files: ``ImageFolder`` on PNG files that have the size already, with torchvision's augmentation.

The last two go through a ``DataLoader`` without workers, in the default memory format; network, optimiser and loss are
the same. Ours and theirs have a process each, since ours fixes the instruction set and keeps freed memory. Everything
is timed in processor time, which other work on the machine changes less than the time on the clock.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks._timing import in_turn, milliseconds, print_table, ratio, spread
from resgrad.common.kernels import fix_instruction_set
from resgrad.common.processor import describe_processor

SHAPE, CLASSES = (3, 32, 32), 10
NETWORKS = [(20, 8), (56, 8), (20, 16), (56, 16)]
"""Depth and width of ``cifar_resnet``."""
RATE = 0.01


class Epoch(NamedTuple):
    """Processor seconds of an epoch, and of what was recorded in it."""

    total: float
    training: float = 0.0
    recording: float = 0.0
    recorded: int = 0
    """Steps."""


def prepare(folder: Path, images: int) -> None:
    """Write the same images as shards and as trees of files, so many of them for training."""
    import torch

    from benchmarks._shards import write_noise
    from benchmarks.batches import write_tree
    from resgrad.shards.shards import Shards

    write_noise(folder / "shards", {"train": images, "validation": images // 4, "test": CLASSES}, SHAPE)
    shards = Shards(folder / "shards")
    for split in ("train", "validation"):
        pixels, labels, _ = shards.read(split)
        (folder / split).mkdir()
        write_tree(folder / split, torch.from_numpy(pixels[:]), torch.from_numpy(labels))


def begin_ours() -> None:
    """Begin as a stage that trains does."""
    fix_instruction_set("portable")
    from resgrad.training.devices import keep_freed_memory, make_repeatable

    make_repeatable(1, "portable")
    keep_freed_memory()
    time.perf_counter = time.process_time  # the trainer's clock


def begin_usual() -> None:
    """Begin as a script does."""
    import torch

    torch.set_num_threads(1)


@cache
def network_of(depth: int, width: int):
    """Build a residual network in this process; it goes on learning from call to call."""
    from benchmarks._networks import residual_network

    return residual_network(depth, SHAPE[0], CLASSES, width)


def ours(folder: Path, depth: int, width: int, batch_size: int, *, is_recorded: bool) -> Epoch:
    """Train for an epoch with the trainer."""
    import torch

    from benchmarks._shards import augmentation
    from resgrad.common.config import load, read
    from resgrad.gradients.config import GradientsConfig
    from resgrad.shards.batches import Batches
    from resgrad.shards.shards import Shards
    from resgrad.training.checkpoint import Checkpoint
    from resgrad.training.config import TrainConfig
    from resgrad.training.loop import Trainer

    parameters = read(Path("params.yaml"))
    changed = {"batch_size": batch_size, "learning_rate": RATE, "evaluations_per_epoch": 1}
    shards, device = Shards(folder / "shards"), torch.device("cpu")
    train, _ = Batches.read(shards, "train", device)
    validation, _ = Batches.read(shards, "validation", device)
    network = network_of(depth, width)
    checkpoint = Checkpoint(folder / "checkpoint")
    with checkpoint.exclusive():
        trainer = Trainer(
            network,
            train,
            validation,
            config=load(TrainConfig, {**parameters["train"], **changed}, "train"),
            epochs=1,
            augment=augmentation(),
            gradients=load(GradientsConfig, parameters["gradients"], "gradients") if is_recorded else None,
            seed=0,
            checkpoint=checkpoint,
        )
        start = time.process_time()
        trainer.run("")
        total = time.process_time() - start
    seconds = trainer.progress.seconds
    return Epoch(total, seconds["training"], seconds["recording"], len(trainer.recording.steps))


def usual(folder: Path, depth: int, width: int, batch_size: int, *, data: Literal["tensors", "files"]) -> Epoch:
    """Train for an epoch with a loop as tutorials have it."""
    import torch
    from torch import nn

    network = network_of(depth, width).to(memory_format=torch.contiguous_format)
    train, validation = loaders(folder, batch_size, data)
    optimiser = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, weight_decay=1e-4)
    start = time.process_time()
    network.train()
    loss_sum = 0.0
    for images, labels in train:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimiser.step()
        loss_sum += loss.item()
    network.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in validation:
            hits += (network(images).argmax(dim=1) == labels).sum().item()
    return Epoch(time.process_time() - start)


@cache
def loaders(folder: Path, batch_size: int, data: Literal["tensors", "files"]) -> Iterable:
    """Return loaders of the training and the validation images."""
    import torch

    from benchmarks._shards import augmentation
    from benchmarks.batches import changes
    from resgrad.common.vision import torchvision
    from resgrad.shards.config import AugmentConfig
    from resgrad.shards.shards import Shards

    shards = Shards(folder / "shards")
    scaling = shards.manifest["scaling"]["given"]

    def tensors(split: Literal["train", "validation"]) -> torch.utils.data.Dataset:
        images, labels, _ = shards.read(split)
        mean, std = (torch.tensor(scaling[name])[:, None, None] for name in ("mean", "std"))
        normalised = (torch.from_numpy(images[:]).float() / 255 - mean) / std
        return torch.utils.data.TensorDataset(normalised, torch.from_numpy(labels))

    def files(split: Literal["train", "validation"]) -> torch.utils.data.Dataset:
        augment = augmentation() if split == "train" else AugmentConfig()
        return torchvision.datasets.ImageFolder(folder / split, changes(augment, list(SHAPE), scaling))

    dataset = {"tensors": tensors, "files": files}[data]
    return [
        torch.utils.data.DataLoader(dataset(split), batch_size, shuffle=split == "train")
        for split in ("train", "validation")
    ]


def elsewhere(pool: ProcessPoolExecutor, contender: Callable[..., Epoch], *arguments: Path | int) -> Epoch:
    """Call a contender in its process."""
    return pool.submit(contender, *arguments).result()


def main(batch_size: int, steps: int, rounds: int) -> None:
    """Let the contenders train every network in turn; print a table of epochs, and one of the recorder."""
    spawn = get_context("spawn")
    ours_pool = ProcessPoolExecutor(1, spawn, begin_ours)
    usual_pool = ProcessPoolExecutor(1, spawn, begin_usual)
    contenders: dict[str, tuple[ProcessPoolExecutor, Callable[..., Epoch]]] = {
        "ours": (ours_pool, partial(ours, is_recorded=False)),
        "ours, recording": (ours_pool, partial(ours, is_recorded=True)),
        "tensors": (usual_pool, partial(usual, data="tensors")),
        "files": (usual_pool, partial(usual, data="files")),
    }
    epochs, recorder = [], []
    with ours_pool, usual_pool, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, steps * batch_size)
        for depth, width in NETWORKS:
            calls = {
                title: partial(elsewhere, pool, contender, folder, depth, width, batch_size)
                for title, (pool, contender) in contenders.items()
            }
            in_turn(calls, 1)  # pays for caches and lazy imports
            results = in_turn(calls, rounds)
            seconds = {title: [epoch.total for epoch in of_one] for title, of_one in results.items()}
            speeds = {
                title: spread([steps * batch_size / value for value in values], 0) for title, values in seconds.items()
            }
            against = [
                f"{speeds[title]}, {ratio(seconds[title], seconds['ours'], 2)}" for title in ("tensors", "files")
            ]
            epochs.append([str(depth), str(width), speeds["ours"], speeds["ours, recording"], *against])
            recorded = results["ours, recording"]
            once = [epoch.recording / epoch.recorded for epoch in recorded]
            step = [(epoch.training - epoch.recording) / steps for epoch in recorded]
            share = [100 * a / (a + b) for a, b in zip(once, step, strict=True)]
            recorder.append([str(depth), str(width), milliseconds(step), milliseconds(once), f"{spread(share)} %"])
    print(f"{', '.join(describe_processor().values())}; batch {batch_size}, {rounds} rounds of {steps} steps\n")
    titles = ["ours", f"ours, recording {recorded[0].recorded} of {steps} steps", "tensors, ours is", "files, ours is"]
    print_table(["depth", "width", *(f"images/s: {titles[0]}",), *titles[1:]], epochs)
    print()
    print_table(["depth", "width", "ms a step", "ms to record it", "of a recorded step"], recorder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=10, help="of an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    main(arguments.batch_size, arguments.steps, arguments.rounds)
