"""The parameters of a data set's source."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import Section
from resgrad.common.kinds import one_of
from resgrad.datasets import formats

Text = Annotated[str, Field(min_length=1)]


class SourceConfig(Section):
    """The part of ``data.<dataset>`` that decides its raw files; params.yaml explains each key."""

    format: Annotated[str, one_of(formats)]
    source: Text
    leaf_map: Text | None
