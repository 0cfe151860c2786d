"""Marked blocks in Markdown: find them and replace their contents."""

import re
from collections.abc import Callable, Mapping

MARK = re.compile(r"^<!-- (begin|end): ([a-z0-9-]+) -->$")


class BlockError(ValueError):
    """A page's marks do not match, or a block has no writer."""


def fill(text: str, writers: Mapping[str, Callable[[], str]]) -> str:
    """Replace the contents of every marked block.

    Args:
        text: the text of the page.
        writers: functions that return a block's Markdown, by the block's name.

    Raises:
        BlockError: a mark has no partner or is within another block, or a block has no writer.
    """
    lines: list[str] = []
    opened = None
    for line in text.splitlines():
        mark = MARK.match(line)
        if mark is None:
            if opened is None:
                lines.append(line)
            continue
        kind, name = mark.groups()
        if kind == "begin":
            if opened is not None:
                raise BlockError(f"Block {name} begins within block {opened}.")
            if name not in writers:
                raise BlockError(f"Block {name} has no writer; allowed: {', '.join(sorted(writers))}.")
            opened = name
            lines += [line, "", *writers[name]().strip().splitlines(), ""]
        elif name != opened:
            raise BlockError(f"Block {name} ends where {opened or 'no block'} is open.")
        else:
            opened = None
            lines.append(line)
    if opened is not None:
        raise BlockError(f"Block {opened} has no end.")
    return "\n".join(lines) + "\n"


def names(text: str) -> list[str]:
    """List the names of a page's blocks, in order."""
    marks = (MARK.match(line) for line in text.splitlines())
    return [mark[2] for mark in marks if mark and mark[1] == "begin"]
