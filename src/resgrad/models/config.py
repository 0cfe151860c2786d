"""The parameters of the networks."""

from typing import Annotated, Literal

from pydantic import Field

from resgrad.common.config import Section, load
from resgrad.common.kinds import one_of
from resgrad.models import activations, networks, shortcuts

Network = Annotated[str, one_of(networks)]
Shortcut = Annotated[str, one_of(shortcuts)]
Activation = Annotated[str, one_of(activations)]
Normalization = Literal["batch", "group", "layer", "scalar", "none"]
Initialization = Literal["he", "xavier", "orthogonal", "normal", "uniform", "zero_gamma", "fixup"]


class ModelConfig(Section):
    """The section ``model`` without its switch ``residual``; params.yaml explains each key."""

    network: Network
    shortcut: Shortcut
    width: Annotated[int, Field(ge=1)]
    normalization: Normalization
    activation: Activation
    dropout: Annotated[float, Field(ge=0, lt=1)]
    initialization: Initialization
    gain: Annotated[float, Field(gt=0)]


def load_model(values: object) -> ModelConfig:
    """Validate the parameters of the networks in the section ``model``.

    ``residual`` is ignored, whatever its value: it only chooses which of the twins is reported.

    Args:
        values: the whole section, as in params.yaml.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    if isinstance(values, dict):
        values = {key: value for key, value in values.items() if key != "residual"}
    return load(ModelConfig, values, "model")
