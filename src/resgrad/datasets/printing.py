"""Names that somebody else gave: on the screen, some characters would move the cursor or colour what follows."""

from resgrad.common.errors import ResgradError


class DataError(ResgradError, ValueError):
    """Something is wrong with the data that a user brings; names in the text are :func:`printable`."""

    def __init__(self, text: str):
        super().__init__(printable(text))


def printable(text: str) -> str:
    r"""Write control and other invisible characters as Python's escapes, such as ``\x1b``."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
