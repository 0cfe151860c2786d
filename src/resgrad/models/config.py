"""What params.yaml says of the networks."""

from typing import Annotated, Literal

from pydantic import Field

from resgrad.config import Section


class ModelConfig(Section):
    """The section ``model``; params.yaml explains each key."""

    residual: bool
    network: str
    width: Annotated[int, Field(ge=1)]
    shortcut: Literal["A", "B"]
