"""Numbers for readers as Markdown: tables, means with their spread, intervals."""

import html
import math
import re

from tabulate import tabulate


def table_text(headers: list[str], rows: list[list[str]]) -> str:
    """Write a table in GitHub's Markdown; cells are not escaped."""
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)


def plain_text(name: str) -> str:
    """Escape a name from outside, such as a class's, so that nothing in it is read as Markdown or HTML."""
    return re.sub(r"([\\`*|\[\]])", r"\\\1", html.escape(" ".join(name.split()), quote=False))


def spread_text(n: float, mean: float = math.nan, sd: float = math.nan, *, form: str) -> str:
    """Write ``0.954 ± 0.012 (n=3)``; ``undefined`` if n is 0, no ± if sd is NaN.

    Args:
        n: number of values.
        mean: their mean.
        sd: their standard deviation.
        form: format of the mean and, without a sign, of the standard deviation.
    """
    if n == 0:
        return "undefined"
    about = "" if math.isnan(sd) else f" ± {sd:{form.lstrip('+')}}"
    return f"{mean:{form}}{about} (n={n:.0f})"


def interval_text(value: float, low: float, high: float, form: str) -> str:
    """Write ``+0.437 [+0.066, +0.808]``; ``undefined`` for NaN, no brackets if the ends are NaN."""
    if math.isnan(value):
        return "undefined"
    return f"{value:{form}}" if math.isnan(low) else f"{value:{form}} [{low:{form}}, {high:{form}}]"
