"""Raw folders with photographs, and preprocessing of them."""

import json
import zipfile
from io import BytesIO

import numpy as np
from PIL import Image

from resgrad.preprocess import preprocess as room
from resgrad.preprocess.config import PreprocessConfig
from resgrad.shards.shards import Shards

OPTIONS = {
    "image_size": 8,
    "color": "rgb",
    "train_limit": None,
    "validation_fraction": 0.2,
    "test_fraction": 0.2,
    "split": "leaf",
}


def preprocess(raw, shards, threads=None, **options):
    """Preprocess photographs, or digits if four IDX files are in the raw folder; return the metrics."""
    return preprocessed(raw, shards, threads, **options).metrics


def preprocessed(raw, shards, threads=None, **options):
    name = "idx" if (raw / "train-images-idx3-ubyte.gz").exists() else "folder"
    return room.preprocess(raw, shards, PreprocessConfig(**options), format_name=name, threads=threads)


def picture(number: int, kind: str = "JPEG") -> bytes:
    """A small, unique picture."""
    pixels = np.random.default_rng(number).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def write_archive(raw, files, provenance="custom"):
    raw.mkdir()
    with zipfile.ZipFile(raw / "images.zip", "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    (raw / "provenance.json").write_text(json.dumps({"provenance": provenance, "files": {}}))
    return raw


def photographs(classes=("A", "B"), leaves=10, shots=3):
    """Every leaf of every class, several times; 30 pictures per class."""
    return {
        f"top/{label}/u{shot}___S Leaf {leaf}.{shot}.JPG": picture(hash((place, leaf, shot)) % 2**32)
        for place, label in enumerate(classes)
        for leaf in range(1, leaves + 1)
        for shot in range(1, shots + 1)
    }


def ids(shards, split, scheme=None):
    return Shards(shards).read(split, scheme)[2]
