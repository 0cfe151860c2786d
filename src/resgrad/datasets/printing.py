"""Names of files on the screen, where some characters would move the cursor or colour what follows."""


def printable(text: str) -> str:
    r"""Write control and other invisible characters as Python's escapes, such as ``\x1b``."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
