"""Shattered gradients: the similarity of gradients at neighbouring inputs, in networks of increasing depth.

The experiment of Balduzzi et al. 2017 (The shattered gradients problem: if resnets are the answer, then what is the
question?), section 1.1, figures 1 and 2: networks that map one number to one number are differentiated, at their
initial weights, at inputs spread evenly over [-2, 2]. The sequence of these gradients is compared with white noise,
whose values are independent of their neighbours, and brown noise, a random walk, whose neighbours are almost equal.

The networks are not the paper's but the study's own: ``fully_connected`` twins with batch normalisation, which differ
only in the shortcut. Without normalisation there would be nothing to see: biases start at 0, so that a network of any
depth is a straight line on either side of input 0. The same holds for one hidden layer, whose units all bend at 0.
"""

from typing import Annotated

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from resgrad.common.cells import VARIANTS, is_residual
from resgrad.common.config import Section
from resgrad.common.intervals import mean_with_interval
from resgrad.common.seeds import derive
from resgrad.models import build_network
from resgrad.models.config import ModelConfig

LOWEST, HIGHEST = -2.0, 2.0


class ShatteringConfig(Section):
    """The section ``probe.shattering``; params.yaml explains each key."""

    depths: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]
    width: Annotated[int, Field(ge=1)]
    inputs: Annotated[int, Field(ge=8)]
    networks: Annotated[int, Field(ge=2)]


def gradient_sequences(config: ShatteringConfig, seed: int) -> pd.DataFrame:
    """Differentiate plain and residual twins of every depth with respect to their input.

    Args:
        config: which networks, how many, and at how many inputs.
        seed: root of the initial weights; twins start from the same weights, networks of different depths do not.

    Returns:
        a row per variant, depth, sample (a network, from 0) and input, in ascending order: input, value (dy/dx).
    """
    inputs = torch.linspace(LOWEST, HIGHEST, config.inputs, dtype=torch.float64)
    sequences = []
    for depth in config.depths:
        for sample in range(config.networks):
            for variant in VARIANTS:
                network = build_network(
                    _model(config.width),
                    depth=depth,
                    residual=is_residual(variant),
                    image_shape=(1, 1, 1),
                    classes=1,
                    seed=derive(seed, "shattering", depth, sample),
                )
                # In float32, deep plain networks amplify rounding errors until they change whole gradients.
                gradients = input_gradients(network.double(), inputs)
                keys = {"variant": variant, "depth": depth, "sample": sample}
                sequences.append(pd.DataFrame({**keys, "input": inputs, "value": gradients}))
    return pd.concat(sequences, ignore_index=True)


def brown_and_white(config: ShatteringConfig, seed: int) -> pd.DataFrame:
    """Simulate equally many sequences of white and of brown noise, of the same length.

    Returns:
        a row per noise (white, brown), sample and input: input, value: independent standard normal numbers, and their
        running sums.
    """
    generator = np.random.default_rng(derive(seed, "shattering", "noise"))
    white = generator.standard_normal((config.networks, config.inputs))
    inputs = np.linspace(LOWEST, HIGHEST, config.inputs)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "noise": noise,
                    "sample": np.repeat(np.arange(config.networks), config.inputs),
                    "input": np.tile(inputs, config.networks),
                    "value": samples.ravel(),
                }
            )
            for noise, samples in {"white": white, "brown": white.cumsum(axis=1)}.items()
        ],
        ignore_index=True,
    )


def autocorrelations(sequences: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Average the autocorrelation of sequences over samples, lag by lag.

    The mean at lag 1, of neighbouring inputs, is the best single number: near 1 in brown noise, near 0 in white noise.

    Args:
        sequences: from :func:`gradient_sequences` or :func:`brown_and_white`.
        by: the columns that identify a kind of sequence: variant and depth, or noise.

    Returns:
        a row per kind and lag, from 0 to a quarter of the length: n (samples), mean, low and high (see
        :func:`~resgrad.common.intervals.mean_with_interval`). Constant sequences are left out.
    """
    tables = []
    for _, kind in sequences.groupby(by, sort=True):
        samples = kind.pivot_table("value", "sample", "input").to_numpy()
        by_lag = pd.DataFrame(autocorrelation(samples, samples.shape[1] // 4)).melt(var_name="lag")
        tables.append(by_lag.merge(kind[by].head(1), how="cross"))
    return mean_with_interval(pd.concat(tables), [*by, "lag"], "value")


def autocorrelation(sequences: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Return the sample autocorrelation at lags 0 to ``lags`` (Box and Jenkins 1970, section 2.1).

    r_k = c_k / c_0, where c_k is the sum over t of (z_t - mean) (z_(t+k) - mean), which has fewer terms at longer lags.

    Args:
        sequences: ... x length.
        lags: less than the length.

    Returns:
        ... x (lags + 1); NaN if a sequence is constant.
    """
    length = sequences.shape[-1]
    centred = sequences - sequences.mean(axis=-1, keepdims=True)
    products = [(centred[..., : length - lag] * centred[..., lag:]).sum(axis=-1) for lag in range(lags + 1)]
    with np.errstate(invalid="ignore"):
        return np.stack(products, axis=-1) / products[0][..., None]


def input_gradients(network: nn.Module, inputs: Tensor) -> Tensor:
    """Differentiate a network's only output with respect to its only input.

    Batch normalisation computes its statistics from all inputs together and then keeps them, so that the network is a
    function of one number: an input does not affect the output for another.

    Args:
        network: maps N x 1 x 1 x 1 to N x 1. It is left in evaluation mode, with these statistics.
        inputs: N numbers, of the network's type.

    Returns:
        N gradients.
    """
    points = inputs.reshape(-1, 1, 1, 1).requires_grad_()
    _fix_batch_statistics(network, points.detach())
    (gradients,) = torch.autograd.grad(network(points).sum(), points)
    return gradients.flatten()


def _fix_batch_statistics(network: nn.Module, batch: Tensor) -> None:
    layers = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]
    for layer in layers:
        layer.momentum = 1.0  # the statistics of the last batch alone
    with torch.no_grad():
        network.train()(batch)
    for layer in layers:
        # PyTorch normalises by the variance with N in the denominator, but stores the one with N - 1.
        if layer.running_var is not None:
            layer.running_var *= (len(batch) - 1) / len(batch)
    network.eval()


def _model(width: int) -> ModelConfig:
    return ModelConfig(
        network="fully_connected",
        shortcut="zero_padding",  # the identity, because no shape changes
        width=width,
        normalization="batch",
        activation="relu",
        dropout=0.0,
        initialization="he",
        gain=1.0,
    )
