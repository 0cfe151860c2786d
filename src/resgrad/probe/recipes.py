"""Which networks are probed: recipes for initial weights, at every depth, plain and residual."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from resgrad.common.cells import VARIANTS, is_residual
from resgrad.common.config import ParameterError
from resgrad.models import check_depth, check_network
from resgrad.models.config import ModelConfig
from resgrad.probe.config import Grid, ProbeConfig


class Recipe(NamedTuple):
    """What decides how signals travel at the initial weights, besides depth and shortcuts."""

    network: str
    activation: str
    initialization: str
    gain: float
    normalization: str


def recipe_label(normalization: str, activation: str, initialization: str, gain: float) -> str:
    """Write ``tanh, normal x 0.5, batch``: what is 1 or none is not said."""
    times = "" if gain == 1 else f" x {gain:g}"
    normalised = "" if normalization == "none" else f", {normalization}"
    return f"{activation}, {initialization}{times}{normalised}"


class Probe(NamedTuple):
    """A network that is probed, with every seed."""

    recipe: Recipe
    depth: int
    variant: str
    model: ModelConfig


PROBE = [*Recipe._fields, "depth", "variant"]
"""The columns that name a probe."""


def probes(config: ProbeConfig) -> list[Probe]:
    """List what is probed, in the order of params.yaml, less the networks that do not exist.

    So ``zero_gamma`` is probed in residual networks alone: a plain one is refused.
    """
    return [
        Probe(recipe, depth, variant, model)
        for grid in config.grids
        for recipe, model in _recipes(grid)
        for variant in VARIANTS
        # What exists at one depth exists at every greater one, and to ask takes long for a thousand layers.
        for everywhere in [refusal(model, min(grid.depths), variant) is None]
        for depth in grid.depths
        if everywhere or refusal(model, depth, variant) is None
    ]


def check_probe(config: ProbeConfig) -> None:
    """Refuse a grid of networks that do not exist, and what would be probed twice.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    for number, grid in enumerate(config.grids):
        least = min(grid.depths)
        refusals = (refusal(model, least, variant) for _, model in _recipes(grid) for variant in VARIANTS)
        first = next(refusals)
        if first is not None and None not in refusals:
            raise ParameterError(f"probe.grids.{number} has nothing to probe at depth {least}: {first}")
        for depth in grid.depths:
            try:
                check_depth(grid.network, depth)
            except ParameterError as error:
                raise ParameterError(f"probe.grids.{number} has nothing to probe at depth {depth}: {error}") from None
    named = {
        "probe.seeds": config.seeds,
        "probe.shattering.depths": config.shattering.depths,
        "probe.grids": [
            f"{variant} {', '.join(map(str, recipe))} at depth {depth}" for recipe, depth, variant, _ in probes(config)
        ],
    }
    check_once(named)


def check_once(named: Mapping[str, Sequence[int] | Sequence[str]]) -> None:
    """Refuse what is listed twice.

    Args:
        named: lists by the parameter that holds them.

    Raises:
        ParameterError: says which value to leave out.
    """
    for key, values in named.items():
        value, times = Counter(values).most_common(1)[0]
        if times > 1:
            raise ParameterError(f"{key} has {value} more than once; allowed: each once.")


@cache
def refusal(model: ModelConfig, depth: int, variant: str) -> ParameterError | None:
    """Return why a network does not exist; None if it does."""
    try:
        check_network(model, depth=depth, residual=is_residual(variant))
    except ParameterError as refused:
        return refused
    return None


def _recipes(grid: Grid) -> list[tuple[Recipe, ModelConfig]]:
    starts = [(name, gain) for name, gains in grid.initializations.items() for gain in gains]
    recipes = [
        Recipe(grid.network, activation, *start, normalization)
        for normalization, activation, start in product(grid.normalizations, grid.activations, starts)
    ]
    beside = {"shortcut": grid.shortcut, "width": grid.width, "dropout": 0.0}
    return [(recipe, ModelConfig(**recipe._asdict(), **beside)) for recipe in recipes]
