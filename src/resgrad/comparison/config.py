"""What params.yaml says of the comparison."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import DatasetName, Section


class ComparisonConfig(Section):
    """The section ``comparison``; params.yaml explains each key."""

    target_accuracy: dict[DatasetName, Annotated[float, Field(gt=0, le=1)]]
    alpha: Annotated[float, Field(gt=0, lt=1)]
    minimum_pairs: Annotated[int, Field(ge=2)]
    resamples: Annotated[int, Field(ge=100)]
