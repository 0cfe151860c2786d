"""The parameters of the gradient tables."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import Section


class GradientsConfig(Section):
    """The section ``gradients``; params.yaml explains each key."""

    every: Annotated[int, Field(ge=1)]
    snapshots: Annotated[int, Field(ge=0)]
    statistics: Annotated[list[str], Field(min_length=1)]
