"""Write the files of a finished training, without training anything."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from resgrad.common.cells import Cell
from resgrad.gradients.statistics.log2_hist import BINS, LOWEST_EXPONENT

CLASSES = ("ant", "bee", "cat")
STEPS = range(0, 41, 5)
IMAGES = {"validation": 20, "test": 60}


def write_run(
    root: Path,
    cell: Cell,
    *,
    provenance: str = "embedded",
    classes: tuple[str, ...] = CLASSES,
    epochs: int = 4,
    accuracy: float = 0.8,
    decades_per_layer: float = 0.0,
    diverged_step: int | None = None,
    seconds: float = 10.0,
) -> None:
    """Write data/{runs,gradients,times} of a run below ``root``.

    Args:
        accuracy: the test accuracy, and the training accuracy.
        decades_per_layer: log10 of the ratio of one layer's gradient norm to that of the layer above it.
        diverged_step: from this step on nothing is finite.
    """
    generator = np.random.default_rng(cell.seed)
    folder = root / "data/runs" / cell.dataset / cell.name
    folder.mkdir(parents=True)
    record = {**cell._asdict(), "provenance": provenance, "classes": list(classes), "parameters": 100}
    record |= {"epochs": epochs, "steps": epochs * 10, "flops_per_image": 1000 * cell.depth}
    record |= {"activation_bytes_per_image": 512 * cell.depth}
    if diverged_step is None:
        record |= {"train_loss": 0.5, "train_accuracy": accuracy}
    else:
        record |= {"diverged_step": diverged_step}
    write(folder / "run.json", record)
    history = [_history_row(epoch, epochs, accuracy, diverged_step) for epoch in range(1, epochs + 1)]
    write(folder / "history.json", history)
    shown = ("step", "validation_loss", "validation_accuracy")
    write(folder / "evaluations.json", [{name: row[name] for name in shown if name in row} for row in history])
    _steps(generator, epochs * 10, diverged_step).to_parquet(folder / "steps.parquet")
    _predictions(generator, classes, accuracy, diverged_step).to_parquet(folder / "predictions.parquet")
    snapshots = {f"step-{step:06d}": _snapshot(generator, step, diverged_step) for step in STEPS[::4]}
    save_file(snapshots, folder / "snapshots.safetensors")
    gradients = root / "data/gradients" / cell.dataset / f"{cell.name}.parquet"
    gradients.parent.mkdir(parents=True, exist_ok=True)
    gradient_table(cell, generator, decades_per_layer, diverged_step).to_parquet(gradients)
    of = {"total": 1.0, "training": 0.8, "evaluation": 0.1, "recording": 0.02}
    times = {"seconds": {name: share * seconds for name, share in of.items()}, "images_per_second": 1000 / seconds}
    machine = {"device": "cpu", "processor": "test", "instruction_set": "AVX512", "kernels": "AVX2"}
    machine |= {"torch": "2.13.0", "python": "3.11.9", "threads": 2}
    write(root / "data/times" / cell.dataset / f"{cell.name}.json", times | machine)


def gradient_table(
    cell: Cell, generator: np.random.Generator, decades_per_layer: float, diverged_step: int | None = None
) -> pd.DataFrame:
    """Return the columns that the analysis reads, for ``depth`` layers with batch norm between them.

    All 9 elements of a gradient have the same magnitude.
    """
    rows = []
    for step in STEPS:
        for index in range(2 * cell.depth - 1):
            last = index == 2 * cell.depth - 2
            kind = "linear" if last else ("norm" if index % 2 else "conv")
            decades = decades_per_layer * (cell.depth - 1 - index // 2) + 0.2 * generator.normal()
            norm = 10**decades if diverged_step is None or step < diverged_step else np.nan
            layer = "head" if last else f"stage.{index // 2}.{kind}"
            rows += [
                (step, layer, kind, param, index, norm)
                for param in ("weight", "bias")
                if kind != "conv" or param == "weight"
            ]
    table = pd.DataFrame(rows, columns=["step", "layer", "kind", "param", "layer_index", "grad_norm"])
    histograms = [_histogram(norm / 3, 9) for norm in table["grad_norm"]]
    nonfinite = 9 * table["grad_norm"].isna()
    constant = {**cell._asdict(), "numel": 9, "zero_fraction": 0.0, "weight_norm": 1.0}
    return table.assign(**constant, nonfinite=nonfinite, log2_hist=histograms)


def write_shards(root: Path, dataset: str, images_per_leaf: int | None = None) -> None:
    """Write the index and manifest for the images of fake runs: 100 training images, and the predicted ones.

    Args:
        images_per_leaf: number of consecutive images of a split that show one leaf; None for images without leaves.
    """
    folder = root / "data/shards" / dataset
    images = [(split, i) for split, count in (("train", 100), *IMAGES.items()) for i in range(count)]
    index = pd.DataFrame(
        {"id": [f"{split}-{i}" for split, i in images], "split_random": [split for split, _ in images]}
    )
    index["group"] = [images_per_leaf and f"{split} leaf {i // images_per_leaf}" for split, i in images]
    folder.mkdir(parents=True)
    index.to_parquet(folder / "index.parquet")
    digest = hashlib.sha256((folder / "index.parquet").read_bytes()).hexdigest()
    write(folder / "manifest.json", {"index_sha256": digest, "split": "random", "shape": [1, 8, 8], "shards": []})


def _histogram(magnitude: float, elements: int) -> np.ndarray:
    histogram = np.zeros(BINS, np.int32)
    if np.isfinite(magnitude):
        histogram[int(np.floor(np.log2(magnitude))) - LOWEST_EXPONENT] = elements
    return histogram


def _snapshot(generator: np.random.Generator, step: int, diverged_step: int | None) -> np.ndarray:
    """Return the gradient of a convolution with 2 filters on grey images."""
    gradient = generator.normal(size=(2, 1, 3, 3)).astype(np.float32)
    return gradient if diverged_step is None or step < diverged_step else np.full_like(gradient, np.nan)


def write(path: Path, values: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values), encoding="utf-8")


def _history_row(epoch: int, epochs: int, accuracy: float, diverged_step: int | None) -> dict[str, float]:
    row = {"epoch": epoch, "step": 10 * epoch, "learning_rate": 0.1}
    if diverged_step is not None and 10 * epoch > diverged_step:
        return row
    reached = accuracy * epoch / epochs
    return row | {
        "train_loss": 2 - reached,
        "train_accuracy": reached,
        "validation_loss": 2.1 - reached,
        "validation_accuracy": 0.9 * reached,
    }


def _steps(generator: np.random.Generator, steps: int, diverged_step: int | None) -> pd.DataFrame:
    """Return a loss that falls from 2 to 0.5, with a hundredth of noise."""
    loss = np.geomspace(2, 0.5, steps) * np.exp(0.01 * generator.normal(size=steps))
    if diverged_step is not None:
        loss[diverged_step:] = np.nan
    return pd.DataFrame({"step": range(steps), "learning_rate": 0.1, "loss": loss})


def _predictions(
    generator: np.random.Generator, classes: tuple[str, ...], accuracy: float, diverged_step: int | None
) -> pd.DataFrame:
    """Return 20 validation and 60 test images; the first ones of each split are right, a share of ``accuracy``."""
    frames = []
    for split, images in IMAGES.items():
        label = np.arange(images) % len(classes)
        if diverged_step is None:
            wrong = np.arange(images) >= round(accuracy * images)
            predicted = (label + wrong * generator.integers(1, len(classes), images)) % len(classes)
            probabilities = np.full((images, len(classes)), 0.4 / (len(classes) - 1))
            probabilities[np.arange(images), predicted] = 0.6
        else:
            predicted = generator.integers(0, len(classes), images)
            probabilities = np.full((images, len(classes)), 1 / len(classes))
        frame = pd.DataFrame(probabilities, columns=[f"prob_{k}" for k in range(len(classes))])
        frame.insert(0, "id", [f"{split}-{i}" for i in range(images)])
        frames.append(frame.assign(split=split, label=label, predicted=predicted))
    return pd.concat(frames, ignore_index=True)
