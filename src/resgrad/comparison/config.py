"""The parameters of the comparison."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import Section


class ComparisonConfig(Section):
    """The section ``comparison``; params.yaml explains each key."""

    alpha: Annotated[float, Field(gt=0, lt=1)]
    resamples: Annotated[int, Field(ge=100)]


class TargetConfig(Section):
    """The part of ``data.<dataset>`` that says when a network counts as having learnt; params.yaml explains it."""

    target_accuracy: Annotated[float, Field(gt=0, le=1)]
