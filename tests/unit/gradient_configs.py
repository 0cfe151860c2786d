"""The section ``gradients`` of params.yaml with changes."""

from resgrad.common.config import load, read
from resgrad.gradients.config import GradientsConfig
from tests.paths import PARAMS


def gradients_config(**changes):
    return load(GradientsConfig, {**read(PARAMS)["gradients"], **changes}, "gradients")
