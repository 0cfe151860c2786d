import math

import pytest

from resgrad.report.markdown import interval_text, plain_text, spread_text, table_text


@pytest.mark.parametrize(
    ("values", "form", "text"),
    [
        ({"n": 3, "mean": 0.9541, "sd": 0.0118}, ".3f", "0.954 ± 0.012 (n=3)"),
        ({"n": 3.0, "mean": 0.5, "sd": 0.25}, "+.2f", "+0.50 ± 0.25 (n=3)"),
        ({"n": 1, "mean": 0.5}, ".1f", "0.5 (n=1)"),
        ({"n": 1, "mean": 0.5, "sd": math.nan}, ".1f", "0.5 (n=1)"),
        ({"n": 0}, ".1f", "undefined"),
    ],
)
def test_means_stand_with_their_spread_and_n(values, form, text):
    assert spread_text(**values, form=form) == text


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((0.437, 0.066, 0.808), "+0.44 [+0.07, +0.81]"),
        ((-0.5, math.nan, math.nan), "-0.50"),
        ((math.nan, math.nan, math.nan), "undefined"),
    ],
)
def test_intervals_stand_in_brackets_where_there_are_any(ends, text):
    assert interval_text(*ends, "+.2f") == text


def test_a_table_leaves_its_cells_as_they_are():
    lines = table_text(["name", "value"], [["a", "0.10"], ["b", "1e5"]]).splitlines()
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "--" not in line] == [
        ["name", "value"],
        ["a", "0.10"],
        ["b", "1e5"],
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Drawn_round___spots", "Drawn_round___spots"),
        ("a|b", r"a\|b"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("![x](http://example.org)", r"!\[x\](http://example.org)"),
        ("*b* `c` \\", r"\*b\* \`c\` \\"),
        ("two\nlines", "two lines"),
        ("猫", "猫"),
    ],
)
def test_names_that_somebody_chose_are_text_and_nothing_else(name, written):
    assert plain_text(name) == written
