"""A probed network with the initial weights of every seed, one after the other, and a batch for each."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from resgrad.common.cells import is_residual
from resgrad.common.seeds import derive
from resgrad.gradients.recorder import WEIGHT_LAYERS, TensorInfo, describe_tensors
from resgrad.models import build_network
from resgrad.models.config import ModelConfig
from resgrad.models.initialisation import initialise
from resgrad.probe.config import ProbeConfig


class Start(NamedTuple):
    """The network has the weights of ``seed`` until the next start."""

    seed: int
    images: Tensor
    labels: Tensor


class ProbedNetwork:
    """A network, and descriptions of its parameters, in their order."""

    def __init__(self, config: ProbeConfig, model: ModelConfig, *, depth: int, variant: str) -> None:
        """Build the network with the weights of the first seed."""
        self._config = config
        self._model = model
        self.network: nn.Module = build_network(
            model,
            depth=depth,
            residual=is_residual(variant),
            image_shape=config.image_shape,
            classes=config.classes,
            seed=config.seeds[0],
        )
        self.tensors: list[TensorInfo] = describe_tensors(self.network, torch.zeros(2, *config.image_shape))

    @property
    def path(self) -> list[str]:
        """The names of the weight layers on the main path, starting at the input."""
        layers = (of for of in self.tensors if of.kind in WEIGHT_LAYERS and of.param == "weight")
        return [of.layer for of in sorted(layers, key=lambda of: of.layer_index)]

    def starts(self) -> Iterator[Start]:
        """Go through the seeds."""
        config = self._config
        for seed in config.seeds:
            if seed != config.seeds[0]:
                initialise(self.network, self._model, seed)  # much faster than building it again
            torch.manual_seed(derive(seed, "probe", "network"))  # for draws inside, such as stochastic depth
            yield Start(seed, *draw_batch(seed, config.batch_size, config.image_shape, config.classes))


def draw_batch(seed: int, size: int, image_shape: tuple[int, int, int], classes: int) -> tuple[Tensor, Tensor]:
    """Draw images of standard normal noise (N x C x H x W) and random labels (N)."""
    images = torch.randn(size, *image_shape, generator=_generator(seed, "images"))
    labels = torch.randint(classes, (size,), generator=_generator(seed, "labels"))
    return images, labels


def _generator(seed: int, name: str) -> torch.Generator:
    return torch.Generator().manual_seed(derive(seed, "probe", name))
