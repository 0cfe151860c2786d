"""Initial weights, drawn parameter by parameter, each from a generator seeded by the parameter's name.

So a parameter that two networks share starts the same in both, whatever else they have.
"""

import torch
from torch import nn

from resgrad.seeds import derive


def initialise(network: nn.Module, seed: int) -> None:
    """Draw initial weights in place: He et al. 2015 (Delving deep into rectifiers), equation 10.

    Convolutions and linear layers: normal with variance 2 / fan-in, biases 0. Batch norm: scale 1, shift 0.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            generator = torch.Generator().manual_seed(derive(seed, "init", f"{name}.weight"))
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
