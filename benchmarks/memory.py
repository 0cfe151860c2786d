"""How much memory a training takes as its set grows, against a copy of the whole split; for Linux.

``python -m benchmarks.memory`` from the root. Shards of 3x32x32 noise, one epoch of a small network in a process of its
own. *Mapped* is what stages do: images stay in their files. *Copied* has the same bytes in memory, as a
``TensorDataset`` of bytes would; one of floats would take four times that. Counted is memory that no file backs: pages
of a mapped file the system takes back when others need them.

Then the same epoch on the largest set with less memory for data (``RLIMIT_DATA``) than the set has bytes, and batches
without a training, both ways in turn, in processor time.
"""

import argparse
import hashlib
import json
import os
import resource
import tempfile
from functools import partial
from pathlib import Path

from benchmarks._process import ROOT, Usage, measure
from benchmarks._timing import in_turn, print_table, processor_timed, ratio, spread

SHAPE = (3, 32, 32)
BYTES = 3 * 32 * 32
SIZES = (1, 3, 10)
WAYS = ("mapped", "copied")
BATCH = 128
ROUNDS_OF_BATCHES = 5
LIMIT = 512
"""MiB; Python with torch takes 400 of them."""


def train(folder: Path, way: str) -> None:
    """Train for an epoch in this process; print the SHA-256 of the weights."""
    import torch

    from benchmarks._shards import augmentation
    from resgrad.common.config import load, read
    from resgrad.models import build_network
    from resgrad.models.config import load_model
    from resgrad.shards.shards import Shards
    from resgrad.training.checkpoint import Checkpoint
    from resgrad.training.config import TrainConfig
    from resgrad.training.devices import keep_freed_memory, make_repeatable
    from resgrad.training.loop import Trainer

    make_repeatable(1, "portable")
    keep_freed_memory()
    parameters = read(Path("params.yaml"))
    model = load_model({**parameters["model"], "network": "fully_connected", "width": 8})
    network = build_network(model, depth=4, residual=True, image_shape=SHAPE, classes=10, seed=0)
    shards = Shards(folder / "shards")
    checkpoint = Checkpoint(folder / f"checkpoint-{os.getpid()}")
    with checkpoint.exclusive():
        Trainer(
            network.to(memory_format=torch.channels_last),
            batches_of(shards, "train", way),
            batches_of(shards, "validation", way),
            config=load(TrainConfig, {**parameters["train"], "batch_size": BATCH}, "train"),
            epochs=1,
            augment=augmentation(),
            gradients=None,
            seed=0,
            checkpoint=checkpoint,
        ).run("")
    weights = b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())
    print(hashlib.sha256(weights).hexdigest())


def make_batches(folder: Path) -> None:
    """Go through the training images both ways, in turn; print the processor seconds of a batch."""
    import torch

    from benchmarks._shards import augmentation
    from resgrad.shards.shards import Shards

    torch.set_num_threads(1)
    shards = Shards(folder / "shards")
    ways = {way: batches_of(shards, "train", way) for way in WAYS}

    def epoch(way: str) -> float:
        def run() -> None:
            for _ in ways[way].shuffled(BATCH, augmentation(), seed=0, epoch=1):
                pass

        return processor_timed(run) * BATCH / len(ways[way])

    epochs = {way: partial(epoch, way) for way in WAYS}
    in_turn(epochs, 1)
    print(json.dumps(in_turn(epochs, ROUNDS_OF_BATCHES)))


def batches_of(shards, split, way: str):
    """Read a split from its shards, and copy its images into memory if that is the way."""
    import numpy as np
    import torch

    from resgrad.shards.batches import Batches

    images, labels, _ = shards.read(split)
    scaling = shards.manifest["scaling"]["given"]
    pixels = np.asarray(images) if way == "copied" else images
    return Batches(pixels, labels, scaling["mean"], scaling["std"], torch.device("cpu"))


def run(folder: Path, task: str, limit: int | None = None) -> Usage:
    """Train, or make batches, in a process of its own; with a limit, for which it may fail, in MiB."""
    options = ["--limit", str(limit)] if limit else []
    command = ["-m", "benchmarks.memory", "--task", task, "--folder", str(folder), *options]
    return measure(command, ROOT, may_fail=limit is not None)


def main(images: int, rounds: int, limit: int) -> None:
    """Measure every size; print three tables."""
    from benchmarks._shards import write_noise

    peaks, speeds = [], []
    with tempfile.TemporaryDirectory() as name:
        for size in SIZES:
            count = size * images
            folder = Path(name, str(size))
            folder.mkdir()
            write_noise(folder / "shards", {"train": count, "validation": 1000, "test": 10}, SHAPE)
            usages = in_turn({way: partial(run, folder, way) for way in WAYS}, rounds)
            weights = {usage.output for of_one in usages.values() for usage in of_one}
            peak = [spread([usage.peak for usage in usages[way]], 0) for way in WAYS]
            peaks.append([f"{count:,}", f"{count * BYTES / 2**20:.0f}", *peak, "yes" if len(weights) == 1 else "no"])
            seconds = json.loads(run(folder, "batches").output)
            per_second = [spread([1 / value for value in seconds[way]], 0) for way in WAYS]
            speeds.append([f"{count:,}", *per_second, ratio(seconds["mapped"], seconds["copied"], 2)])
        limited = {way: run(folder, way, limit) for way in WAYS}
    print(f"peak memory of an epoch of {BATCH} images a batch, {rounds} rounds\n")
    print_table(["images", "MiB", "MiB that no file backs: mapped", "copied", "same weights"], peaks)
    print(f"\n{ROUNDS_OF_BATCHES} rounds\n")
    print_table(["images", "batches per processor second: mapped", "copied", "mapped takes"], speeds)
    print()
    for way, usage in limited.items():
        same = "the same weights" if usage.output in weights else "other weights"
        ended = same if not usage.returncode else usage.errors.strip().splitlines()[-1]
        print(f"{way}, with {limit} MiB for data: {ended}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--images", type=int, default=20_000, help="of the smallest set; the largest has ten times as many"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, help=f"MiB, {LIMIT} if not given")
    parser.add_argument("--task", choices=[*WAYS, "batches"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task is None:
        main(arguments.images, arguments.rounds, arguments.limit or LIMIT)
    elif arguments.task == "batches":
        make_batches(arguments.folder)
    else:
        from resgrad.common.kernels import fix_instruction_set

        if arguments.limit:
            resource.setrlimit(resource.RLIMIT_DATA, (arguments.limit << 20, arguments.limit << 20))
        fix_instruction_set("portable")
        train(arguments.folder, arguments.task)
