"""Statistics of gradients. Each module of this package is a statistic; its column has the name of the file.

Such a module offers four things, and adding one changes no other file::

    TYPE = pa.float64()                           # type of the column; pa.list_(value type, size) for several values
    UNIT = "share"                                # unit of a value; "" if it has none
    MEANING = "share of elements that are ..."    # what a value means; a phrase

    def compute(step: Step) -> NDArray: ...       # a value per tensor of the step: tensors, or tensors x size

A :class:`~resgrad.gradients.segments.Step` holds gradients, weights and updates of consecutive tensors, not
necessarily of the whole network: a value must depend on its own tensor alone. ``compute`` must not modify its argument;
warnings about NaN and overflow are silenced around it.

A statistic is recorded if ``gradients.statistics`` in params.yaml names it. Trainings depend on the files of the
statistics named there and on no others: editing one of these trains again, adding a file trains nothing. A statistic
therefore imports nothing from the project but :mod:`resgrad.gradients.segments`, on which all trainings depend.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from numpy.typing import NDArray

from resgrad.common.config import ParameterError
from resgrad.common.kinds import digest_of_kind, kinds, load_kind
from resgrad.common.tables import Column
from resgrad.gradients.segments import Step

_PACKAGE = sys.modules[__name__]


class Statistic(NamedTuple):
    """A statistic: its column, and the function that fills it."""

    column: Column
    compute: Callable[[Step], NDArray]


def statistics() -> list[str]:
    """List the names of all statistics."""
    return kinds(_PACKAGE)


def load(chosen: Sequence[str]) -> list[Statistic]:
    """Load statistics by name, in this order.

    Raises:
        ParameterError: there is no statistic of a name, or a name is given twice.
    """
    allowed = statistics()
    unknown = [name for name in chosen if name not in allowed]
    if unknown:
        raise ParameterError(f"gradients.statistics names {_quoted(unknown)}; allowed: {', '.join(allowed)}.")
    repeated = [name for name, times in Counter(chosen).items() if times > 1]
    if repeated:
        raise ParameterError(
            f"gradients.statistics names {_quoted(repeated)} more than once; allowed: each statistic once."
        )
    modules = {name: load_kind(_PACKAGE, name) for name in chosen}
    return [
        Statistic(Column(name, module.TYPE, module.MEANING, module.UNIT), module.compute)
        for name, module in modules.items()
    ]


def digests(chosen: Sequence[str]) -> dict[str, str]:
    """Return, by name, the SHA-256 of each statistic's source, which decides the values in its column."""
    return {name: digest_of_kind(_PACKAGE, name) for name in chosen}


def _quoted(names: list[str]) -> str:
    return ", ".join(map(repr, names))
