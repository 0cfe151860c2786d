"""From a zip of photographs to tensors on disk, against what one would write with torchvision.

``python -m benchmarks.preprocess path/to/photographs.zip`` from the root. Everything is resized to 64 x 64, and each
contender is timed as a process of its own, start-up included. For torchvision's ``ImageFolder`` the archive is unpacked
beforehand, which is not timed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks._timing import interleaved, print_table, ratio

SIZE = 64


def ours(folder: Path) -> None:
    """Decode, deduplicate, split and write shards; also hashes every file and every shard."""
    from resgrad.preprocess.config import PreprocessConfig
    from resgrad.preprocess.preprocess import preprocess

    config = PreprocessConfig(
        image_size=SIZE, color="rgb", train_limit=None, validation_fraction=0.15, test_fraction=0.2, split="leaf"
    )
    preprocess(folder / "raw", folder / "shards", config, format_name="folder")


def ours_with_pillow(folder: Path) -> None:
    """As ours, but Pillow's scaled decoding (``draft``) in place of libjpeg-turbo's."""
    from io import BytesIO

    import numpy as np
    from PIL import Image

    from resgrad.preprocess import decoding
    from resgrad.preprocess.images import resize

    def decode(data: bytes, size: int, _color: str) -> np.ndarray:
        image = Image.open(BytesIO(data))
        image.draft("RGB", (size, size))
        return resize(np.asarray(image.convert("RGB")), size)

    decoding.decode = decode
    ours(folder)


def image_folder(folder: Path, workers: int = 0) -> None:
    """``ImageFolder`` and ``Resize``, all images stacked and saved."""
    import torch

    from resgrad.common.vision import torchvision

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
    "ours": ("`resgrad.preprocess.preprocess`", ours),
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


def run(name: str, folder: Path) -> None:
    """Run one contender in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.preprocess", str(folder), "--contender", name]
    subprocess.run(command, check=True)


def main(archive: Path, rounds: int) -> None:
    """Let all contenders take turns; print their medians."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = prepare(archive, folder)
        seconds = interleaved({contender: partial(run, contender, folder) for contender in CONTENDERS}, rounds)
    rows = []
    for contender, (title, _) in CONTENDERS.items():
        low, *_, high = ordered = sorted(seconds[contender])
        median = ordered[rounds // 2]
        against = ratio(seconds[contender], seconds["ours"])
        rows.append([title, f"{median:.2f} ({low:.2f} to {high:.2f})", f"{images / median:,.0f}", against])
    print(f"{images} images to {SIZE}x{SIZE}, {os.cpu_count()} cores, {rounds} rounds\n")
    print_table(["", "s, median (minimum to maximum)", "images/s", "against ours"], rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="a zip of class folders")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        CONTENDERS[arguments.contender][1](arguments.archive)
    else:
        main(arguments.archive, arguments.rounds)
