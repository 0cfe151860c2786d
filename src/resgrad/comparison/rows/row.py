"""What a row of the closing table consists of."""

from typing import Literal, NamedTuple


class Measure(NamedTuple):
    """A column of the table of runs.

    Attributes:
        name: of the column.
        title: for people.
        better: which way is better; None where neither is.
        form: format of a value, as in ``format(value, form)``.
    """

    name: str
    title: str
    better: Literal["higher", "lower"] | None
    form: str = ".3f"

    @property
    def label(self) -> str:
        """The title with an arrow that says which way is better."""
        return self.title + {"higher": " ↑", "lower": " ↓", None: ""}[self.better]


class Row(NamedTuple):
    """A row of the closing table.

    Attributes:
        name: of the row and its files.
        title: the aspect, as the study calls it.
        measures: its measures; the first is the primary one, which alone decides the verdict.
        definition: Markdown; what is measured, and after whom.
    """

    name: str
    title: str
    measures: tuple[Measure, ...]
    definition: str

    @property
    def primary(self) -> Measure:
        """The measure that decides the verdict."""
        return self.measures[0]
