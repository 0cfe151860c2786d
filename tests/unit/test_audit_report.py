"""The page and the picture of an audit, from made-up tables."""

import math

import pandas as pd
import pytest

from resgrad.audit import tables
from resgrad.audit.summary import average
from resgrad.report.audit import pictures
from resgrad.report.audit.figure import draw_audit
from resgrad.report.audit.page import to_markdown
from tests.unit.audit_tables import CLASSES_TABLE, INFLATION, ONE_SEED, small_classifiers
from tests.unit.room_of import room_of, rows_of

SPLIT_ACCURACIES = pd.DataFrame({"scheme": ["leaf", "random"], "seed": 0, "accuracy": [0.5, 0.75]})

SPLIT_AVERAGES = pd.DataFrame(
    [
        ("leaf", "network", 2, 0.5, 0.1, 0.0),
        ("random", "network", 2, 0.75, 0.01, math.nan),
        ("leaf", "border_pixels", 1, 0.3, math.nan, 0.0),
        ("random", "border_pixels", 1, 0.4, math.nan, math.nan),
    ],
    columns=["scheme", "classifier", "n", "mean", "sd", "leak"],
)


@pytest.fixture
def classifiers(tmp_path):
    return small_classifiers(tmp_path / "shards")


@pytest.fixture
def room(tmp_path, classifiers):
    """Return a function that makes a room of these tables."""

    def make(inflation=INFLATION):
        about = {"dataset": "plantvillage", "provenance": "embedded", "split": "leaf", "depth": 8}
        contents = {
            tables.CLASSIFIERS: classifiers,
            tables.AVERAGES: average(classifiers),
            tables.CLASSES: CLASSES_TABLE,
        }
        on_splits = {
            tables.SPLIT_ACCURACIES: SPLIT_ACCURACIES,
            tables.SPLIT_AVERAGES: SPLIT_AVERAGES,
            tables.INFLATION: inflation,
        }
        return room_of(tmp_path / "room", contents if inflation is None else contents | on_splits, about)

    return make


def test_every_part_of_the_page_opens_with_its_statement(room):
    title, data, _, seen, *_ = paragraphs = to_markdown(room()).split("\n\n")
    assert title == "# plantvillage (embedded): what the accuracies are made of"
    assert "not plantvillage results" in data
    assert seen == (
        "The same small residual network has a test accuracy of 0.750 on the random split and of 0.500 on the leaf "
        "split, **a difference of +25.0 points** (95% intervals: -1.0 to +51.0 over n = 2 seeds, +20.0 to +30.0 over "
        "30 leaves or stretches of captures)."
    )
    headings = [place for place, text in enumerate(paragraphs) if text.startswith("## ")]
    backdrop, difficult = (paragraphs[place + 1] for place in headings[1:])
    assert backdrop.startswith("**Eight border pixels name the right class for ")
    assert "always guessing the most frequent one for 33.3%, the best networks (residual-8) for 80.0%." in backdrop
    assert difficult == (
        "The largest of 2 classes has 40 training images, the smallest 3. At depth 8, accuracy (micro average) and "
        "balanced accuracy (macro average of recall) are 0.500 and 0.250 (plain), 0.800 and 0.625 (residual). **Recall "
        "is lowest for rare (plain 0.000, residual 0.250; n = 2); frequent (plain 0.500, residual 0.950; n = 20).**"
    )


def test_tables_of_the_page_show_n_and_spread(room):
    rows = rows_of(to_markdown(room()))
    assert ["leaf", "0.500 ± 0.100 (n=2)", "0.300 (n=1)", "0.0%"] in rows
    assert ["random", "0.750 ± 0.010 (n=2)", "0.400 (n=1)", "unknown"] in rows
    assert ["residual-8", "0.800 ± 0.141 (n=2)", "0.625 ± 0.177 (n=2)", "0.500 ± 0.141 (n=2)"] in rows
    assert ["rare", "3", "2", "0.000", "0.250"] in rows


def test_one_seed_has_no_interval(room):
    assert "none over n = 1 seed, +20.0 to +30.0 over 30 leaves" in to_markdown(room(ONE_SEED))


def test_where_no_leaves_are_known_the_page_says_so_in_place_of_the_splits(room):
    _, _, heading, seen, following, *_ = to_markdown(room(None)).split("\n\n")
    assert heading.startswith("## Seen leaves")
    assert seen == "Not applicable: no leaves are known of these images, and both splits are the same."
    assert following.startswith("## Backdrop")


def test_the_picture_has_a_bar_per_classifier_and_a_dot_per_class_and_variant(classifiers):
    figure = draw_audit("a title", classifiers, SPLIT_ACCURACIES, CLASSES_TABLE, 8)
    accuracy, recall = figure.axes
    assert figure.get_suptitle() == "a title"
    assert [bar.get_width() for bar in accuracy.patches][2:] == pytest.approx([0.5, 0.8, 0.5, 0.75])
    assert [text.get_text() for text in accuracy.texts][2:] == ["50.0 %", "80.0 %", "50.0 %", "75.0 %"]
    seeds = [line.get_xydata().tolist() for line in accuracy.get_lines()]
    assert seeds[2:] == [[[0.5, 2]], [[0.7, 3], [0.9, 3]], [[0.5, 4]], [[0.75, 5]]]
    names = [label.get_text() for label in accuracy.get_yticklabels()]
    assert names[:4] == ["most frequent class", "border pixels", "plain-8", "residual-8"]
    assert [label.get_text() for label in recall.get_yticklabels()] == ["rare (2)", "frequent (20)"]
    dots = {line.get_label(): line.get_xdata().tolist() for line in recall.get_lines()}
    assert dots == {"plain": [0.0, 0.5], "residual": [0.25, 0.95]}
    assert recall.get_title(loc="left") == "Recall by class, depth 8"
    assert len(draw_audit("", classifiers, None, CLASSES_TABLE, 8).axes[0].patches) == 4


def test_of_many_classes_page_and_picture_show_the_worst(classifiers, tmp_path):
    many = pd.concat(
        [
            CLASSES_TABLE[CLASSES_TABLE["class"] == "rare"].assign(**{"class": f"class {k:03d}", "recall": k / 200})
            for k in range(200)
        ]
    )
    figure = draw_audit("", classifiers, None, many, 8)
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == [f"class {k:03d} (2)" for k in range(30)]
    assert figure.axes[1].get_title(loc="left") == "Recall by class, depth 8: the 30 lowest of 200"
    assert figure.get_figheight() < 15
    about = {"dataset": "many", "provenance": "custom", "split": "given", "depth": 8}
    contents = {tables.CLASSIFIERS: classifiers, tables.AVERAGES: average(classifiers), tables.CLASSES: many}
    page = to_markdown(room_of(tmp_path / "room", contents, about))
    assert [row[0] for row in rows_of(page) if row[0].startswith("class 0")] == [f"class {k:03d}" for k in range(30)]
    assert page.endswith("Here are 30 of 200; the table `classes` has all.\n")
    assert "The largest of 200 classes has" in page


def test_the_picture_of_a_room_is_drawn_from_its_tables(room):
    ((name, figure),) = pictures(room())
    assert name == "audit"
    title = "plantvillage (embedded data, leaf split): what the accuracies are made of"
    assert figure.get_suptitle() == title
    assert len(figure.axes[0].patches) == 6
    assert figure.axes[1].get_title(loc="left") == "Recall by class, depth 8"
    ((_, without),) = pictures(room(None))
    assert len(without.axes[0].patches) == 4
