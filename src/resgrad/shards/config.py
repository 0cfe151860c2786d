"""The parameters of the random augmentation of training images."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import Section

Jitter = Annotated[float, Field(ge=0, lt=1)]


class AugmentConfig(Section):
    """The section ``data.<dataset>.augment``; params.yaml explains each key. An omitted key changes nothing."""

    horizontal_flip: bool = False
    vertical_flip: bool = False
    crop_padding: Annotated[int, Field(ge=0)] = 0
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    brightness: Jitter = 0.0
    contrast: Jitter = 0.0
    saturation: Jitter = 0.0
