"""Numbers for people: tables, means with their spread, intervals, as Markdown."""

import html
import math
import re

from tabulate import tabulate


def table_text(headers: list[str], rows: list[list[str]]) -> str:
    """Lay out a table as GitHub reads it; cells stand as they are."""
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)


def plain_text(name: str) -> str:
    """Write a name that somebody else chose, such as a class's, so that nothing in it is taken for Markdown or HTML."""
    return re.sub(r"([\\`*|\[\]])", r"\\\1", html.escape(" ".join(name.split()), quote=False))


def spread_text(n: float, mean: float = math.nan, sd: float = math.nan, *, form: str) -> str:
    """Write ``0.954 ± 0.012 (n=3)``; ``undefined`` where n is 0, no ± where sd is NaN.

    Args:
        n: values.
        mean: of them.
        sd: standard deviation of them.
        form: format of the mean, and but for a sign that of the standard deviation.
    """
    if n == 0:
        return "undefined"
    about = "" if math.isnan(sd) else f" ± {sd:{form.lstrip('+')}}"
    return f"{mean:{form}}{about} (n={n:.0f})"


def interval_text(value: float, low: float, high: float, form: str) -> str:
    """Write ``+0.437 [+0.066, +0.808]``; ``undefined`` for NaN, no brackets where their ends are NaN."""
    if math.isnan(value):
        return "undefined"
    return f"{value:{form}}" if math.isnan(low) else f"{value:{form}} [{low:{form}}, {high:{form}}]"
