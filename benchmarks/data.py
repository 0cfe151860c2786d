"""From photographs to tensors on disk as a set grows, against what one would write with torchvision; for Linux.

``python -m benchmarks.data`` from the root; ``--sizes 60000`` for more images, which take 4 GB of disk. JPEG
photographs of 256x256 pixels and 18 kB in ten classes, brought to 64x64. Ours: the stages ``download``, from a folder
and from a zip, and ``preprocess``, with all that they verify, hash and write. The alternative reads the folder where it
lies: ``ImageFolder``, ``Resize``, all images stacked and saved. Each contender is a process of its own, start-up
included.

There are three hundred pictures, each with noise of its own; every file has a comment with its number, so that no two
have the same bytes.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from benchmarks._process import ROOT, Usage, measure
from benchmarks._timing import in_turn, print_table, ratio, spread
from benchmarks.preprocess import SIZE, data_loader, image_folder
from resgrad.common.config import read
from resgrad.common.files import write_json

CLASSES, PICTURES, PIXELS = 10, 300, 256
NAME = "photographs"
STAGES = ("download", "preprocess")


def photographs() -> list[bytes]:
    """Draw pictures that are as smooth, and as noisy, as photographs of leaves; as JPEG."""
    rng = np.random.default_rng(0)
    encoded = []
    for _ in range(PICTURES):
        shapes = Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8))
        smooth = np.asarray(shapes.resize((PIXELS, PIXELS), Image.Resampling.BICUBIC), np.float32)
        noisy = np.clip(smooth + rng.normal(0, 9, smooth.shape), 0, 255).astype(np.uint8)
        encoded.append(simplejpeg.encode_jpeg(noisy, quality=85, colorsubsampling="420"))
    return encoded


def write_set(folder: Path, archive: Path, images: int) -> None:
    """Write so many files, one folder a class, and a zip of them."""
    pictures = photographs()
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(images):
            picture = pictures[number % PICTURES]
            comment = f"{number:08d}".encode()
            marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big")
            path = folder / f"class {number % CLASSES}" / f"IMG_{number:06d}.JPG"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture[:2] + marker + comment + picture[2:])
            packed.write(path, path.relative_to(folder))


def prepare(project: Path, source: Path) -> None:
    """Write the parameters of a study of one data set, and have them checked."""
    project.mkdir()
    block = {"format": "folder", "source": str(source), "image_size": SIZE}
    write_json(project / "params.yaml", {**read(ROOT / "params.yaml"), "datasets": [NAME], "data": {NAME: block}})
    measure(["-m", "stages.check"], project)


def ours(project: Path) -> dict[str, Usage]:
    """Run both stages from nothing."""
    for room in ("raw", "shards"):
        shutil.rmtree(project / "data" / room, ignore_errors=True)
    return {name: measure(["-m", f"stages.{name}", NAME], project) for name in STAGES}


def usual(folder: Path, contender: str) -> dict[str, Usage]:
    """Run one of the alternatives, which reads the folder "tree"."""
    (folder / "images.pt").unlink(missing_ok=True)
    return {contender: measure(["-m", "benchmarks.data", "--contender", contender], folder)}


ALTERNATIVES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "image_folder": ("`ImageFolder` + `Resize` + `torch.save`, one process", image_folder),
    "data_loader": ("the same through a `DataLoader` with two workers", data_loader),
}


def measure_size(images: int, rounds: int) -> list[list[str]]:
    """Let all contenders take turns on a set of one size; return rows for the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_set(folder / "tree", folder / "images.zip", images)
        contenders = {}
        for kind, source in (("folder", folder / "tree"), ("zip", folder / "images.zip")):
            prepare(folder / kind, source)
            contenders[kind] = partial(ours, folder / kind)
        contenders |= {alternative: partial(usual, folder, alternative) for alternative in ALTERNATIVES}
        found = in_turn(contenders, rounds)
    results = {
        "`download` of a folder": [stages["download"] for stages in found["folder"]],
        "`download` of a zip": [stages["download"] for stages in found["zip"]],
        "`preprocess`": [stages["preprocess"] for kind in ("folder", "zip") for stages in found[kind]],
        **{title: [run[key] for run in found[key]] for key, (title, _) in ALTERNATIVES.items()},
    }
    clock, processor = (
        [sum(getattr(stages[name], what) for name in STAGES) for stages in found["folder"]]
        for what in ("seconds", "processor")
    )
    rows = []
    for title, usages in results.items():
        seconds, processors = [usage.seconds for usage in usages], [usage.processor for usage in usages]
        against = ["", ""]
        if title in dict(ALTERNATIVES.values()):
            against = [ratio(seconds, clock), ratio(processors, processor)]
        peak = statistics.median(usage.peak for usage in usages)
        rows.append([f"{images:,}", title, spread(seconds), spread(processors), f"{peak:,.0f}", *against])
    return rows


def main(sizes: list[int], rounds: int) -> None:
    """Print a table of all sizes."""
    rows = [row for images in sizes for row in measure_size(images, rounds)]
    print(f"{PIXELS}x{PIXELS} to {SIZE}x{SIZE}, {os.cpu_count()} cores, {rounds} rounds\n")
    against = ["against both stages", "by processor s"]
    print_table(["images", "", "s", "processor s", "MiB at most", *against], rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[3000, 20000], metavar="IMAGES")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--contender", choices=ALTERNATIVES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        ALTERNATIVES[arguments.contender][1](Path.cwd())
    else:
        main(arguments.sizes, arguments.rounds)
