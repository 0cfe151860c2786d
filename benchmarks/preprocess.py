"""Time from a zip of photographs to tensors on disk, against what one would write with torchvision.

    python benchmarks/preprocess.py path/to/plantvillage.zip

Every contender resizes all photographs to 64 x 64 and is timed as a whole process, start-up included; the contenders
take turns. For torchvision's ImageFolder the archive is unpacked beforehand, which is not counted. Prints Markdown.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

SIZE = 64
SRC = Path(__file__).resolve().parent.parent / "src"


def ours(folder: Path) -> None:
    """Decode, deduplicate, split and write shards; also hashes every file and every shard."""
    from resgrad.data.preprocess import preprocess

    preprocess(
        folder / "raw",
        folder / "shards",
        image_size=SIZE,
        color="rgb",
        train_limit=None,
        validation_fraction=0.15,
        test_fraction=0.2,
        split="leaf",
    )


def ours_with_pillow(folder: Path) -> None:
    """As ours, but Pillow's scaled decoding (``draft``) in place of libjpeg-turbo's."""
    from io import BytesIO

    import numpy as np
    from PIL import Image

    from resgrad.data import photographs
    from resgrad.data.images import resize

    def decode(data: bytes, size: int, _color: str) -> np.ndarray:
        image = Image.open(BytesIO(data))
        image.draft("RGB", (size, size))
        return resize(np.asarray(image.convert("RGB")), size)

    photographs.decode = decode
    ours(folder)


def image_folder(folder: Path, workers: int = 0) -> None:
    """``ImageFolder`` and ``Resize``, all images stacked and saved."""
    import torch

    from resgrad.vision import torchvision

    transforms = torchvision.transforms
    steps = transforms.Compose([transforms.Resize((SIZE, SIZE)), transforms.PILToTensor()])
    dataset = torchvision.datasets.ImageFolder(folder / "tree", steps)
    if workers:
        images, labels = zip(*torch.utils.data.DataLoader(dataset, batch_size=64, num_workers=workers), strict=True)
        content = torch.cat(images), torch.cat(labels)
    else:
        images, labels = zip(*dataset, strict=True)
        content = torch.stack(images), torch.tensor(labels)
    torch.save(content, folder / "images.pt")


def data_loader(folder: Path) -> None:
    """``ImageFolder`` and ``Resize`` in a ``DataLoader`` with two workers."""
    image_folder(folder, workers=2)


CONTENDERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "ours": ("`resgrad.data.preprocess`", ours),
    "pillow": ("the same with Pillow's `draft`", ours_with_pillow),
    "folder": ("`ImageFolder` + `Resize` + `torch.save`", image_folder),
    "loader": ("the same in a `DataLoader`, 2 workers", data_loader),
}


def prepare(archive: Path, folder: Path) -> int:
    """Lay out what the contenders read; return the number of images."""
    (folder / "raw").mkdir()
    (folder / "raw/images.zip").symlink_to(archive.resolve())
    (folder / "raw/provenance.json").write_text('{"provenance": "custom", "files": {}}')
    with zipfile.ZipFile(archive) as file:
        entries = [entry for entry in file.infolist() if not entry.is_dir()]
        for entry in entries:
            path = folder / "tree" / Path(*Path(entry.filename).parts[-2:])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.read(entry))
    return len(entries)


def seconds(name: str, folder: Path) -> float:
    """Run one contender in a process of its own."""
    started = time.perf_counter()
    command = [sys.executable, __file__, str(folder), "--contender", name]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(SRC)}, check=True)
    return time.perf_counter() - started


def main(archive: Path, runs: int) -> None:
    """Let all contenders take turns and print their medians."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        images = prepare(archive, folder)
        times = {contender: [] for contender in CONTENDERS}
        for contender in CONTENDERS:  # once unmeasured: the archive and the libraries into the page cache
            seconds(contender, folder)
        for _ in range(runs):
            for contender in CONTENDERS:
                times[contender].append(seconds(contender, folder))
    medians = {contender: statistics.median(own) for contender, own in times.items()}
    print(f"{images} images to {SIZE}x{SIZE}, {len(os.sched_getaffinity(0))} cores, n = {runs}\n")
    print("| | median, s | min to max, s | images/s | time relative to ours |")
    print("|---|---|---|---|---|")
    for contender, (title, _) in CONTENDERS.items():
        own, median = times[contender], medians[contender]
        print(
            f"| {title} | {median:.2f} | {min(own):.2f} to {max(own):.2f} | {images / median:,.0f} "
            f"| {median / medians['ours']:.1f}x |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="a zip of class folders")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        CONTENDERS[arguments.contender][1](arguments.archive)
    else:
        main(arguments.archive, arguments.runs)
