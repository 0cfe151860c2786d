"""The optimisers by name, from ``torch.optim``."""

from collections.abc import Iterable

from torch import nn, optim

from resgrad.training.config import TrainConfig


def build_optimiser(config: TrainConfig, parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Build the configured optimiser; it updates all tensors in one call if the device supports that."""
    common = {"lr": config.learning_rate, "weight_decay": config.weight_decay, "foreach": True}
    match config.optimizer:
        case "sgd":
            return optim.SGD(parameters, momentum=config.momentum, **common)
        case "adam":
            return optim.Adam(parameters, **common)
        case "rmsprop":
            return optim.RMSprop(parameters, momentum=config.momentum, **common)
        case "adagrad":
            return optim.Adagrad(parameters, **common)
