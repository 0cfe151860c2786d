"""What params.yaml says of a dataset."""

from typing import Annotated, Literal

from pydantic import Field

from resgrad.common.config import Section

Fraction = Annotated[float, Field(gt=0, lt=1)]


class DatasetConfig(Section):
    """The section ``data.<dataset>``; params.yaml explains each key."""

    source: Annotated[str, Field(min_length=1)]
    leaf_map: Annotated[str, Field(min_length=1)] | None
    image_size: Annotated[int, Field(ge=8, le=1024)]
    color: Literal["grey", "rgb"]
    train_limit: Annotated[int, Field(ge=1)] | None
    validation_fraction: Fraction
    test_fraction: Fraction | None
    split: Literal["leaf", "random"]
