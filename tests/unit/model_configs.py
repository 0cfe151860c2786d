"""The section ``model`` of params.yaml with changes, for tests of networks."""

from resgrad.common.config import read
from resgrad.models.config import load_model
from tests.paths import PARAMS

DEPTHS = {
    "cifar_bottleneck": 11,
    "cifar_preactivation": 8,
    "cifar_preactivation_bottleneck": 11,
    "cifar_residual_in_residual": 8,
    "cifar_resnet": 8,
    "cifar_squeeze_excitation": 8,
    "cifar_wide": 10,
    "fully_connected": 5,
}
"""The kinds of network that support every shortcut, and a small depth of each that has all its parts."""

PRE_ACTIVATION = {"cifar_preactivation", "cifar_preactivation_bottleneck", "cifar_wide"}
"""The kinds among them whose branches end with a convolution."""


def model_config(**changes):
    return load_model({**read(PARAMS)["model"], **changes})
