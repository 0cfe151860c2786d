"""What params.yaml says of the random changes of training images."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import Section

Jitter = Annotated[float, Field(ge=0, lt=1)]


class AugmentConfig(Section):
    """The section ``train.augment.<dataset>``; params.yaml explains each key."""

    horizontal_flip: bool
    vertical_flip: bool
    crop_padding: Annotated[int, Field(ge=0)]
    rotation: Annotated[float, Field(ge=0, le=180)]
    brightness: Jitter
    contrast: Jitter
    saturation: Jitter
