"""Errors about the data that a user brings, whose names somebody else gave."""

from resgrad.common.errors import ResgradError
from resgrad.datasets.printing import printable


class DataError(ResgradError, ValueError):
    """Something is wrong with the data; names in the text are :func:`~resgrad.datasets.printing.printable`."""

    def __init__(self, text: str):
        super().__init__(printable(text))
