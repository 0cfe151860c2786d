"""The parameters for turning a data set into shards."""

from typing import Annotated, Literal

from pydantic import Field

from resgrad.common.config import Section

Fraction = Annotated[float, Field(gt=0, lt=1)]


class PreprocessConfig(Section):
    """The part of ``data.<dataset>`` that decides its shards; params.yaml explains each key."""

    image_size: Annotated[int, Field(ge=8, le=1024)]
    color: Literal["grey", "rgb"]
    train_limit: Annotated[int, Field(ge=1)] | None
    validation_fraction: Fraction
    test_fraction: Fraction | None
    split: Literal["leaf", "random"]
