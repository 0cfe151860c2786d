"""The inputs of an inspection: a network after its last step, and one batch of images."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resgrad.common.cells import Cell
from resgrad.models import build_network
from resgrad.models.config import ModelConfig
from resgrad.results.runs import RunError, read_tensors
from resgrad.shards.batches import Batches
from resgrad.shards.shards import Shards, Split


def load_network(
    folder: Path, cell: Cell, config: ModelConfig, manifest: dict[str, Any], device: torch.device
) -> nn.Module:
    """Build the network of a run and load its trained weights; return it in evaluation mode.

    Args:
        folder: the run's folder.
        cell: the run.
        config: the section ``model`` with which it was trained.
        manifest: the manifest of the shards on which it was trained.
        device: where it is wanted.

    Raises:
        RunError: the weights are missing, damaged or another network's.
    """
    network = build_network(
        config,
        depth=cell.depth,
        residual=cell.residual,
        image_shape=tuple(manifest["shape"]),
        classes=len(manifest["classes"]),
        seed=cell.seed,
    )
    path = folder / "weights.safetensors"
    weights = {name: torch.from_numpy(array) for name, array in read_tensors(path, cell).items()}
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise RunError(
            f"{path} is not of the network that params.yaml describes; `dvc repro train@{cell.dataset}-{cell.name}` "
            "trains that one."
        ) from None
    network.eval()
    return network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  - not declared


def fixed_batch(shards: Shards, split: Split, images: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return images of a split (N x C x H x W, normalised, never augmented) and their labels (N).

    They are evenly spread over the split, which may be sorted by class; there are at most ``images`` of them.
    """
    batches, _ = Batches.read(shards, split, device)
    rows = np.linspace(0, len(batches) - 1, min(images, len(batches))).round().astype(int)
    return batches.at(torch.from_numpy(rows))
