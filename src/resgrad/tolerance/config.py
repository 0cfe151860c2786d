"""The parameters of the tolerance to the learning rate, and the trainings that they define."""

from collections.abc import Iterator
from itertools import product
from typing import Annotated, Any, NamedTuple

from pydantic import Field, WrapValidator

from resgrad.common.cells import Variant, is_residual
from resgrad.common.config import ParameterError, Section


def _as_written(value: Any, check: Any) -> Any:
    check(value)
    return value


Rate = Annotated[float, Field(gt=0), WrapValidator(_as_written)]
"""A peak learning rate, kept as params.yaml writes it, 1 or 1.0: DVC puts this text into names of stages and files."""


class Point(NamedTuple):
    """One training of a dataset at a learning rate."""

    variant: Variant
    rate: Rate
    seed: int

    @property
    def name(self) -> str:
        """The name of its file within the dataset's folder, and the part of its stage's name after the dataset."""
        return f"{self.variant}-{self.rate}-{self.seed}"

    @property
    def residual(self) -> bool:
        """Whether its network has shortcuts."""
        return is_residual(self.variant)


class ToleranceConfig(Section):
    """The section ``tolerance``; params.yaml explains each key."""

    depth: int | None
    epochs: Annotated[int, Field(ge=1)] | None
    rates: Annotated[list[Rate], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=1)]

    def points(self, variants: list[Variant]) -> Iterator[Point]:
        """List a dataset's trainings by variant, rate and seed, in the order of params.yaml."""
        for variant, rate, seed in product(variants, self.rates, self.seeds):
            yield Point(variant, rate, seed)


class Budget(Section):
    """The values that ``check`` puts in place of null in the section.

    Attributes:
        depth: layers with weights.
        epochs: passes over the training images, by dataset.
    """

    depth: int
    epochs: dict[str, int]


def resolve(config: ToleranceConfig, depths: list[int], epochs: dict[str, int]) -> Budget:
    """Fill in the values that the section takes from the rest of the study.

    Args:
        config: the section.
        depths: depths of the study.
        epochs: epochs of its datasets, by name.
    """
    depth = max(depths) if config.depth is None else config.depth
    return Budget(depth=depth, epochs={dataset: config.epochs or of_set for dataset, of_set in epochs.items()})


def check_tolerance(config: ToleranceConfig, depths: list[int], warmup_epochs: int) -> None:
    """Refuse trainings that are impossible, or that would be run twice.

    Args:
        config: the section.
        depths: depths of the study.
        warmup_epochs: warm-up epochs of all trainings.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    if config.depth is not None and config.depth not in depths:
        raise ParameterError(
            f"tolerance.depth is {config.depth}; allowed: one of the depths, {', '.join(map(str, depths))}, or "
            "null for the greatest."
        )
    if config.epochs is not None and config.epochs <= warmup_epochs:
        raise ParameterError(
            f"tolerance.epochs is {config.epochs}; allowed: more than train.warmup_epochs, which is {warmup_epochs}, "
            "or null for those of the dataset."
        )
    for name in ("rates", "seeds"):
        values = getattr(config, name)
        if len(set(values)) < len(values):
            raise ParameterError(f"tolerance.{name} is {values}; allowed: each value once.")
