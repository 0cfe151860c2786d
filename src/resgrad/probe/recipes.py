"""The probed networks: recipes for initial weights, at every depth, plain and residual."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from resgrad.common.cells import VARIANTS, is_residual
from resgrad.common.config import ParameterError
from resgrad.models import check_depth, check_network
from resgrad.models.config import ModelConfig
from resgrad.probe.config import Grid, ProbeConfig


class Recipe(NamedTuple):
    """The choices that decide signal propagation at the initial weights, besides depth and shortcuts."""

    network: str
    activation: str
    initialization: str
    gain: float
    normalization: str


def recipe_label(normalization: str, activation: str, initialization: str, gain: float) -> str:
    """Write ``tanh, normal x 0.5, batch``, leaving out a gain of 1 and a normalisation of none."""
    times = "" if gain == 1 else f" x {gain:g}"
    normalised = "" if normalization == "none" else f", {normalization}"
    return f"{activation}, {initialization}{times}{normalised}"


class Probe(NamedTuple):
    """A network to probe, with every seed."""

    recipe: Recipe
    depth: int
    variant: str
    model: ModelConfig


PROBE = [*Recipe._fields, "depth", "variant"]
"""The columns that identify a probe."""


def probes(config: ProbeConfig) -> list[Probe]:
    """List the networks to probe, in the order of params.yaml, without those that do not exist.

    For example, ``zero_gamma`` is probed only in residual networks, because plain ones are refused.
    """
    return [
        Probe(recipe, depth, variant, model)
        for grid in config.grids
        for recipe, model in _recipes(grid)
        for variant in VARIANTS
        # A network that exists at one depth exists at every greater one, and checking a thousand layers takes long.
        for everywhere in [refusal(model, min(grid.depths), variant) is None]
        for depth in grid.depths
        if everywhere or refusal(model, depth, variant) is None
    ]


def check_probe(config: ProbeConfig) -> None:
    """Refuse a grid of networks that do not exist, and networks that would be probed twice.

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
    """Refuse values that are listed twice.

    Args:
        named: the lists, by the parameter that holds them.

    Raises:
        ParameterError: says which value to leave out.
    """
    for key, values in named.items():
        value, times = Counter(values).most_common(1)[0]
        if times > 1:
            raise ParameterError(f"{key} has {value} more than once; allowed: each once.")


def refusal(model: ModelConfig, depth: int, variant: str) -> ParameterError | None:
    """Return the reason why a network does not exist; None if it does."""
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
