"""The parameters of the inspection."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import Section


class LossSurfaceConfig(Section):
    """The section ``inspect.loss_surface``; params.yaml explains each key."""

    steps: Annotated[int, Field(ge=0)]
    radius: Annotated[float, Field(gt=0)]


class LesionsConfig(Section):
    """The section ``inspect.lesions``; params.yaml explains each key."""

    images: Annotated[int, Field(ge=1)]
    reorderings: Annotated[int, Field(ge=1)]


class InspectConfig(Section):
    """The section ``inspect``; params.yaml explains each key."""

    networks: Annotated[int, Field(ge=1)] | None
    images: Annotated[int, Field(ge=1)]
    paths: Annotated[int, Field(ge=1)]
    lesions: LesionsConfig
    loss_surface: LossSurfaceConfig
