"""How strongly each layer responds (He et al. 2015, section 4.2 and figure 7).

The response of a weight layer is its output after normalisation, before an activation or an addition. If no
normalisation follows within the block (``model.normalization`` none, or the last layer of a branch with full
pre-activation), it is the output itself. In residual networks responses show the strength of the residual functions.
"""

from functools import partial

import pandas as pd
import torch
from torch import Tensor, nn

from resgrad.gradients.recorder import WEIGHT_LAYERS, describe_tensors
from resgrad.models.blocks import Block

COLUMNS = ["layer", "position", "response_std"]


def response_stds(network: nn.Module, images: Tensor) -> pd.DataFrame:
    """Measure the responses of the layers on the main path, except the last one, which classifies.

    Args:
        network: in evaluation mode.
        images: N x C x H x W.

    Returns:
        a row per layer, in forward order: layer, position (from 1 at the input, as in all tables by layer),
        response_std (population standard deviation over images, channels and pixels, in units of the response).
    """
    tensors = sorted(describe_tensors(network, images[:1]), key=lambda tensor: tensor.layer_index)
    *layers, _head = dict.fromkeys(tensor.layer for tensor in tensors if tensor.kind in WEIGHT_LAYERS)
    norms = dict.fromkeys(tensor.layer for tensor in tensors if tensor.kind == "norm")
    stds: dict[str, float] = {}
    newest: tuple[str, Tensor | None] = ("", None)

    def after_layer(name: str, _module: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal newest
        newest = name, output
        stds[name] = _std(output)

    def after_norm(name: str, _module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        layer, response = newest
        if inputs[0] is response and _block(network, name) == _block(network, layer):
            stds[layer] = _std(output)

    hooks = [network.get_submodule(name).register_forward_hook(partial(after_layer, name)) for name in layers]
    hooks += [network.get_submodule(name).register_forward_hook(partial(after_norm, name)) for name in norms]
    try:
        with torch.no_grad():
            network(images)
    finally:
        for hook in hooks:
            hook.remove()
    rows = [(layer, position, stds[layer]) for position, layer in enumerate(layers, start=1)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _block(network: nn.Module, layer: str) -> str:
    """Return the name of the block that contains a layer, or an empty string."""
    blocks = (name for name, module in network.named_modules() if isinstance(module, Block))
    return next((name for name in blocks if layer.startswith(f"{name}.")), "")


def _std(response: Tensor) -> float:
    return torch.std(response.cpu().double(), correction=0).item()
