"""Numbers as written in tables and sentences."""

import math
from collections.abc import Iterable

import pandas as pd

from resgrad.common.intervals import mean_with_interval
from resgrad.common.spread import spread
from resgrad.report.markdown import spread_text

NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(number: int) -> str:
    """Write a count below thirteen as a word."""
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def listed(items: Iterable[str]) -> str:
    """Write ``a``, ``a and b``, or ``a, b and c``."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def mean_sd(values: Iterable[float], form: str = ".3f") -> str:
    """Write ``0.954 ± 0.012``, mean and standard deviation; only the mean for a single value."""
    return spread_text(**spread(values), form=form).rpartition(" (")[0]


def interval(low: float, high: float, form: str) -> str:
    """Write ``0.066 to 0.808``."""
    return f"{low:{form}} to {high:{form}}"


def mean_interval(values: Iterable[float], form: str) -> str:
    """Write ``1.160 [1.147, 1.173]``: the mean and its interval from Student's t distribution."""
    frame = pd.DataFrame({"all": 0, "value": list(values)})
    (row,) = mean_with_interval(frame, ["all"], "value").itertuples()
    return f"{row.mean:{form}}" if math.isnan(row.low) else f"{row.mean:{form}} [{row.low:{form}}, {row.high:{form}}]"


def p_value(p: float) -> str:
    """Write ``p = 0.012``, or ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def per_cent(share: float, digits: int = 0) -> str:
    """Write ``58 %``."""
    return f"{100 * share:.{digits}f} %"
