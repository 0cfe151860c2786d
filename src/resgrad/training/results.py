"""The files that a finished run leaves."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import save
from torch import Tensor

from resgrad.common.cells import Cell
from resgrad.common.files import replacing, write_json
from resgrad.common.seeds import derive
from resgrad.shards.batches import Batches
from resgrad.training.activation_memory import activation_bytes_per_image
from resgrad.training.devices import describe_device
from resgrad.training.evaluation import log_probabilities, score
from resgrad.training.flops import flops_per_image
from resgrad.training.run import Trained


def write_run(
    folder: Path, cell: Cell, manifest: dict[str, Any], *, result: Trained, training: Batches, predictions: pa.Table
) -> None:
    """Write a run's folder, as a whole or not at all.

    The files are ``run.json`` (what was trained and how it ended), ``history.json`` (a row per epoch),
    ``evaluations.json`` (a row per evaluation on the validation images), ``steps.parquet`` (a row per step: learning
    rate, mean loss of the batch), ``predictions.parquet``, ``weights.safetensors`` and ``snapshots.safetensors`` (the
    first convolution's raw gradient by step).

    Args:
        folder: the run's folder.
        cell: the run.
        manifest: the manifest of its shards.
        result: the trained network.
        training: the images that it was trained on, for a final evaluation.
        predictions: from :func:`predict`.
    """
    progress, network = result.progress, result.network
    with replacing(folder) as partial:
        partial.mkdir()
        write_json(partial / "run.json", _summary(cell, manifest, result, training))
        write_json(partial / "history.json", progress.history)
        write_json(partial / "evaluations.json", progress.evaluations)
        steps = {"step": range(len(progress.losses)), "learning_rate": progress.rates, "loss": progress.losses}
        pq.write_table(pa.table({name: pa.array(values) for name, values in steps.items()}), partial / "steps.parquet")
        pq.write_table(predictions, partial / "predictions.parquet", compression="zstd")
        # Not save_file: its files are readable only by their owner, and a DVC cache may be shared.
        weights = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
        (partial / "weights.safetensors").write_bytes(save(weights))
        snapshots = {f"step-{step:06d}": torch.from_numpy(g) for step, g in result.recording.snapshots.items()}
        (partial / "snapshots.safetensors").write_bytes(save(snapshots))


def write_times(path: Path, result: Trained, *, images: int, threads: int, device: torch.device) -> None:
    """Write how long a training took, and on which device.

    Args:
        path: the file.
        result: the trained network.
        images: number of images in one epoch.
        threads: number of threads of the training.
        device: device of the training.
    """
    seconds = result.seconds()
    rate = images * result.progress.epoch / seconds["training"]
    times = {**describe_device(device), "threads": threads, "seconds": seconds, "images_per_second": rate}
    write_json(path, times)


def predict(result: Trained, splits: dict[str, tuple[list[str], Batches]], *, classes: int, seed: int) -> pa.Table:
    """Classify the images of some splits; a diverged network guesses.

    Args:
        result: the trained network.
        splits: ids and images of each split, by name.
        classes: number of classes.
        seed: seed of the guesses.

    Returns:
        see :func:`predictions_table`.
    """
    log_probs = {
        split: chance_log_probabilities(len(images), classes, seed)
        if result.diverged
        else log_probabilities(result.network, images)
        for split, (_, images) in splits.items()
    }
    return predictions_table({split: (ids, images.labels, log_probs[split]) for split, (ids, images) in splits.items()})


def predictions_table(splits: dict[str, tuple[list[str], Tensor, Tensor]]) -> pa.Table:
    """Return a row per image: id, split, label, predicted, and a probability per class as ``prob_<class>``.

    Args:
        splits: ids, labels (N) and log-probabilities (N x classes) of each split, by name.
    """
    log_probs = torch.cat([log_probs for _, _, log_probs in splits.values()])
    columns = {
        "id": [image for ids, _, _ in splits.values() for image in ids],
        "split": [split for split, (ids, _, _) in splits.items() for _ in ids],
        "label": torch.cat([labels.cpu() for _, labels, _ in splits.values()]).numpy(),
        "predicted": log_probs.argmax(dim=1).numpy(),
    }
    columns |= {f"prob_{k}": column for k, column in enumerate(log_probs.exp().T.numpy())}
    return pa.table(columns)


def chance_log_probabilities(images: int, classes: int, seed: int) -> Tensor:
    """Return the predictions of a diverged run, which are guesses.

    All classes are equally probable, except that one class per image, drawn uniformly from the seed, is minimally more
    probable, so that it is the prediction.
    """
    generator = np.random.default_rng(derive(seed, "diverged"))
    guess = torch.from_numpy(generator.integers(classes, size=images))
    logits = torch.zeros(images, classes, dtype=torch.float64)
    logits[torch.arange(images), guess] = 1e-9
    return logits.log_softmax(dim=1)


def _summary(cell: Cell, manifest: dict[str, Any], result: Trained, training: Batches) -> dict[str, Any]:
    """Return the content of ``run.json``: what was trained, and its score on the training split in eval mode."""
    network, progress = result.network, result.progress
    image, _ = next(training.in_order(1))
    ended = score(log_probabilities(network, training), training.labels)
    return _finite(
        {
            **cell._asdict(),
            "provenance": manifest["provenance"],
            "classes": manifest["classes"],
            "parameters": sum(p.numel() for p in network.parameters()),
            "flops_per_image": flops_per_image(network, image),
            "activation_bytes_per_image": activation_bytes_per_image(network, image),
            "epochs": progress.epoch,
            "steps": len(progress.losses),
            "diverged_step": progress.diverged_step,
            "train_loss": ended.loss,
            "train_accuracy": ended.accuracy if math.isfinite(ended.loss) else None,
        }
    )


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out values that are ``None``, NaN or infinite: an undefined key is not published."""
    return {k: v for k, v in values.items() if v is not None and not (isinstance(v, float) and not math.isfinite(v))}
