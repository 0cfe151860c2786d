"""The matrix of trainings: the runs of a study, their names and their order."""

from collections.abc import Iterator
from itertools import product
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, field_validator

from resgrad.common.config import DatasetName, Section

Variant = Literal["plain", "residual"]
VARIANTS: tuple[Variant, ...] = ("plain", "residual")


def is_residual(variant: str) -> bool:
    """Say whether the networks of a variant have shortcuts."""
    return variant == "residual"


def variant_name(*, residual: bool) -> Variant:
    """Return the name of the variant with shortcuts, or of the one without."""
    return "residual" if residual else "plain"


class Cell(NamedTuple):
    """One training."""

    dataset: DatasetName
    variant: Variant
    depth: int
    seed: int

    @property
    def name(self) -> str:
        """The name of its files within the dataset's folder."""
        return f"{self.variant}-{self.depth}-{self.seed}"

    @property
    def residual(self) -> bool:
        """Whether its network has shortcuts."""
        return is_residual(self.variant)


class Matrix(Section):
    """The lists at the top of params.yaml."""

    datasets: Annotated[list[DatasetName], Field(min_length=1)]
    variants: Annotated[list[Variant], Field(min_length=1)]
    depths: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=1)]

    @field_validator("datasets", "variants", "depths", "seeds")
    @classmethod
    def _unique(cls, values: list, info) -> list:
        if len(set(values)) < len(values):
            raise ValueError(f"{info.field_name} is {values}; allowed: each value once.")
        return values

    def cells(self, dataset: DatasetName) -> Iterator[Cell]:
        """List a dataset's trainings by variant, depth and seed, in the order of params.yaml."""
        for variant, depth, seed in product(self.variants, self.depths, self.seeds):
            yield Cell(dataset, variant, depth, seed)
