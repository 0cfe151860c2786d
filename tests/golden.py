"""The results of a few training steps of every kind of network, as one SHA-256 each.

``python -m tests.golden [CASE ...]`` prints them as JSON; ``make golden`` writes all of them to tests/golden.json.
Arrays are hashed, not files, which would contain the versions of libraries.
"""

import stages  # noqa: F401, I001  - fixes the instruction set, so it comes before numpy and torch

import hashlib
import io
import json
import platform
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import PIL
import scipy
import sklearn
import statsmodels
import torch
from PIL import Image
from scipy import linalg, special
from statsmodels.api import OLS, add_constant
from statsmodels.nonparametric.smoothers_lowess import lowess

from resgrad.audit.border_pixels import classify_borders
from resgrad.common.config import load, read
from resgrad.common.kernels import check_instruction_set
from resgrad.common.kinds import kinds
from resgrad.common.seeds import derive
from resgrad.models import build_network, networks
from resgrad.preprocess.images import decode, from_pixels
from resgrad.results.metrics import classification
from resgrad.shards.batches import Batches
from resgrad.shards.config import AugmentConfig
from resgrad.training.checkpoint import Checkpoint
from resgrad.training.config import TrainConfig
from resgrad.training.evaluation import log_probabilities
from resgrad.training.loop import Trainer
from tests.missing import missing
from tests.paths import PARAMS, ROOT
from tests.unit.gradient_configs import gradients_config
from tests.unit.model_configs import DEPTHS, model_config

COMMITTED = json.loads((ROOT / "tests/golden.json").read_text(encoding="utf-8"))
"""The versions of the libraries, and the SHA-256 of each case with these versions."""

STEPS, BATCH, SHAPE = 2, 16, (3, 16, 16)
SMALLEST = {**DEPTHS, "densenet": 10, "densenet_bc": 10, "imagenet_resnet": 18, "residual_attention": 56, "vgg": 11}
"""A small depth, by kind."""

WIDTHS = {"cifar_resnet": (8, 16), "cifar_wide": (16,), "fully_connected": (64,)}
"""The widths, by kind; 8 for all others. oneDNN uses other kernels from 16 channels on."""

ONE_TWIN = {"densenet", "densenet_bc"}
"""Kinds without a plain twin."""


def float64() -> Iterable[np.ndarray]:
    """Yield results of numpy and scipy, used as in the stages that summarise."""
    generator = np.random.default_rng(derive(0, "golden"))
    values = generator.standard_normal(50_000)
    positive = np.abs(values) + 1e-12
    for function in (np.exp, np.sin, np.cos, np.tanh, np.expm1):
        yield function(values)
    for function in (np.log, np.log2, np.log10, np.log1p, np.sqrt):
        yield function(positive)
    yield np.array([values.mean(), values.std(), values @ values, np.linalg.norm(values)])
    table, target = values[:20_000].reshape(-1, 4), values[-5_000:]
    yield from (table.T @ table, table.T @ target, np.linalg.pinv(table), linalg.lstsq(table, target)[0])
    yield from (special.ndtri(generator.random(100)), special.stdtr(5, values[:100]))


def pillow() -> Iterable[np.ndarray]:
    """Yield what Pillow makes of JPEG files and of pixels, as in the shards."""
    generator = np.random.default_rng(derive(0, "golden"))
    for pixels in generator.integers(256, size=(8, 40, 56, 3), dtype=np.uint8):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG")
        for color in ("grey", "rgb"):
            yield decode(file.getvalue(), 24, color)
            yield from_pixels(pixels, 24, color)


def scikit_learn() -> Iterable[np.ndarray]:
    """Yield a forest's classes and the metrics of a network."""
    generator = np.random.default_rng(derive(0, "golden"))
    images = generator.integers(256, size=(60, 3, 24, 24), dtype=np.uint8)
    labels = images[:, :, 0, 0].sum(axis=1).argsort().argsort() % 3
    yield classify_borders(images[:40], labels[:40], images[40:], seed=0)
    shares = generator.dirichlet(np.ones(3), size=60)
    yield np.array([*classification(labels, shares.argmax(axis=1), shares).values()])


def of_statsmodels() -> Iterable[np.ndarray]:
    """Yield a line and a curve through points."""
    x, y = np.random.default_rng(derive(0, "golden")).standard_normal((2, 100))
    line = OLS(y, add_constant(x)).fit()
    yield from (line.params, line.conf_int(), lowess(y, x))


FUNCTIONS = {"float64": float64, "pillow": pillow, "scikit-learn": scikit_learn, "statsmodels": of_statsmodels}
"""Cases without a network, by name."""

CRASHES = {"scikit-learn"}
"""Cases that no emulator has run: qemu-user 7.2 crashes in scikit-learn's forest, whatever the processor."""


def cases() -> list[str]:
    """List the hashed cases: those of :data:`FUNCTIONS`, and kind, variant and width of every network."""
    variants = {kind: ("residual",) if kind in ONE_TWIN else ("plain", "residual") for kind in kinds(networks)}
    return [*FUNCTIONS, *(f"{k} {v} {w}" for k in kinds(networks) for v in variants[k] for w in WIDTHS.get(k, (8,)))]


ONE_CASE_A_KIND = [
    *sorted(FUNCTIONS.keys() - CRASHES),
    *(f"{kind} residual {WIDTHS.get(kind, (8,))[0]}" for kind in kinds(networks)),
]
"""One case per kind, for an emulator, which is slow."""


def golden(case: str) -> str:
    """Return the SHA-256 of one of the :func:`cases`."""
    if case in FUNCTIONS:
        return digest(FUNCTIONS[case]())
    kind, variant, width = case.split()
    return digest(trained(kind, residual=variant == "residual", width=int(width)))


def trained(kind: str, *, residual: bool, width: int) -> Iterable[np.ndarray]:
    """Train one network on noise, and yield its state, its recorded gradients and its predictions."""
    torch.set_num_threads(1)
    generator = np.random.default_rng(derive(0, "golden"))
    images = generator.integers(256, size=(STEPS * BATCH, *SHAPE), dtype=np.uint8)
    labels = generator.integers(10, size=STEPS * BATCH)
    batches = Batches(images, labels, [0.5] * 3, [0.29] * 3, torch.device("cpu"))
    config = model_config(network=kind, width=width, shortcut="zero_padding")
    network = build_network(config, depth=SMALLEST[kind], residual=residual, image_shape=SHAPE, classes=10, seed=0)
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    train = load(TrainConfig, read(PARAMS)["train"], "train")
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            network,
            batches,
            batches,
            config=train.model_copy(update={"batch_size": BATCH, "learning_rate": 0.01}),
            epochs=1,
            augment=AugmentConfig(crop_padding=1),
            gradients=gradients_config(every=1),
            seed=0,
            checkpoint=Checkpoint(Path(folder, "run")),
        )
        trainer.run(kind)
    yield np.array(trainer.progress.losses)
    yield from (tensor.numpy() for tensor in network.state_dict().values())
    yield from (np.array(values) for values in trainer.recording.columns.values())
    yield log_probabilities(network, batches).numpy()


def digest(arrays: Iterable[np.ndarray]) -> str:
    """Return the SHA-256 of the types, shapes and values of some arrays."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str} {array.shape}".encode())
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions that the arrays belong to, by the name on PyPI, without build suffixes."""
    libraries = {"numpy": np, "pillow": PIL, "scikit-learn": sklearn, "scipy": scipy, "statsmodels": statsmodels}
    return {name: library.__version__.split("+")[0] for name, library in {**libraries, "torch": torch}.items()}


def committed() -> dict[str, str]:
    """Return the hashes that this processor should compute, by case; skip the test if none apply, or fail in CI."""
    if platform.machine() != "x86_64":
        missing(f"the hashes are those of x86-64; this is {platform.machine()}")
    if versions() != COMMITTED["versions"]:
        here, there = (", ".join(f"{k} {v}" for k, v in each.items()) for each in (versions(), COMMITTED["versions"]))
        missing(f"{here} here; the hashes are those of {there}")
    return COMMITTED["sha256"]


def main() -> None:
    """Print the versions, and the SHA-256 of the cases on the command line, or of all."""
    check_instruction_set("portable", torch.backends.cpu.get_cpu_capability())
    hashes = {case: golden(case) for case in sys.argv[1:] or cases()}
    print(json.dumps({"versions": versions(), "sha256": hashes}, indent=2))


if __name__ == "__main__":
    main()
