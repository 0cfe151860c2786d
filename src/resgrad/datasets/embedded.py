"""Samples that need no download, in the same form as the real files, small enough for a first run in minutes."""

import uuid
import zipfile
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from resgrad.common.files import replacing
from resgrad.common.seeds import derive
from resgrad.datasets import drawn_leaves, idx

if TYPE_CHECKING:
    from sklearn.utils import Bunch

LEAVES = 40
"""Per class."""
PHOTOGRAPHS = 3
"""Of each leaf."""


def write_digits(folder: Path) -> None:
    """Write scikit-learn's 1,797 handwritten digits, 8 x 8 pixels, as the four IDX files of MNIST.

    They are the test set of E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits" (1998). The last fifth,
    in the set's own order, becomes the test split.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415 - takes seconds, and no other set needs it

    digits: Bunch = load_digits()  # pyright: ignore[reportAssignmentType]  - a tuple only with return_X_y
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    first_test = len(images) - len(images) // 5
    for prefix, rows in {"train": slice(None, first_test), "t10k": slice(first_test, None)}.items():
        idx.write(folder / f"{prefix}-images-idx3-ubyte.gz", images[rows])
        idx.write(folder / f"{prefix}-labels-idx1-ubyte.gz", labels[rows])


def write_leaves(archive: Path) -> None:
    """Write a zip of drawn leaves in class folders, each leaf photographed several times, as in PlantVillage."""
    with replacing(archive) as partial, zipfile.ZipFile(partial, "w") as file:
        leaves = list(product(drawn_leaves.SHAPES, drawn_leaves.CONDITIONS, range(1, LEAVES + 1)))
        for shape, condition, number in tqdm(leaves, "Drawing", unit="leaf", disable=None, leave=False):
            generator = np.random.default_rng(derive(0, "leaf", shape, condition, number))
            leaf = drawn_leaves.draw_leaf(shape, condition, generator)
            for shot in range(1, PHOTOGRAPHS + 1):
                name = f"{uuid.UUID(bytes=generator.bytes(16), version=4)}___DRAWN Leaf {number}.{shot}.JPG"
                stream = BytesIO()
                drawn_leaves.photograph(leaf, generator).save(stream, "JPEG", quality=90)
                # A ZipInfo without a time has a fixed one, 1980-01-01.
                file.writestr(zipfile.ZipInfo(f"PlantVillage/Drawn_{shape}___{condition}/{name}"), stream.getvalue())
