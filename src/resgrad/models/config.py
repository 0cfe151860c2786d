"""What params.yaml says of the networks."""

from typing import Annotated, Literal

from pydantic import Field

from resgrad.common.config import Section

Normalization = Literal["batch", "group", "layer", "scalar", "none"]
Activation = Literal["relu", "leaky_relu", "prelu", "elu", "tanh", "sigmoid", "maxout"]
Initialization = Literal["he", "xavier", "orthogonal", "normal", "uniform", "zero_gamma", "fixup"]


class ModelConfig(Section):
    """The section ``model``; params.yaml explains each key."""

    residual: bool
    network: str
    shortcut: str
    width: Annotated[int, Field(ge=1)]
    normalization: Normalization
    activation: Activation
    dropout: Annotated[float, Field(ge=0, lt=1)]
    initialization: Initialization
    gain: Annotated[float, Field(gt=0)]
