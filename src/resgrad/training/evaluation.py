"""Evaluate a network on a whole split."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from resgrad.shards.batches import Batches

_BATCH = 256


class Score(NamedTuple):
    """Mean cross-entropy in nats, and accuracy: the share of images whose class is the most probable one."""

    loss: float
    accuracy: float


def log_probabilities(network: nn.Module, images: Batches) -> Tensor:
    """Return the logarithms of the class probabilities, N x classes, float64 on the host; in eval mode."""
    network.eval()
    with torch.inference_mode():
        logits = [network(batch).cpu() for batch, _ in images.in_order(_BATCH)]
    network.train()
    return torch.cat(logits).double().log_softmax(dim=1)


def score(log_probs: Tensor, labels: Tensor) -> Score:
    """Score N x classes log-probabilities against N labels; the loss is not finite if they are not."""
    labels = labels.cpu()
    loss = -log_probs.gather(1, labels[:, None]).mean()
    return Score(loss.item(), (log_probs.argmax(dim=1) == labels).double().mean().item())
