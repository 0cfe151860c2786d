"""README.md and docs/ agree with the frozen studies, and the studies with their pages."""

import json
import re
import shutil
from functools import cache

import pandas as pd
import pytest

from handbook.blocks import BlockError, fill, names
from handbook.book import BLOCKS, outdated, pages
from handbook.rates import several
from handbook.study import NAMES, Studies
from resgrad.comparison.rows import rows
from resgrad.comparison.tables import RUNS
from resgrad.report.markdown import spread_text
from tests.paths import ROOT

STUDIES = Studies(ROOT)
_READ_OF = {"inspection": {"short"}, "audit": {"short"}, "timing": {"default"}}
"""The studies of which these are shown; every study keeps its own."""

READ = [
    table
    for table in sorted((ROOT / "docs/study").rglob("*.csv"))
    if table.parts[-3] in _READ_OF.get(table.parent.name.partition("-")[0], {table.parts[-3]})
    and (table.stem != "accuracy_by_rate" or several(pd.read_csv(table)))
]
"""A single rate is no result."""
WITH_PAGES = [
    (table.parts[-3], table.parts[-2].removeprefix("comparison-"))
    for table in sorted((ROOT / "docs/study").glob("*/comparison-*/runs.csv"))
    if set(pd.read_csv(table, nrows=0).columns) >= set(RUNS.schema.names)
]
"""Study and data set of the pages that were written with today's measures, and so with today's test."""


@cache
def now(name):
    return BLOCKS[name](STUDIES)


@pytest.fixture
def copy(tmp_path):
    """A copy of the documentation and its studies, which tests may change."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for name in ("README.md", "CONTRIBUTING.md"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_pages_say_what_the_studies_say():
    assert [page.name for page in outdated(ROOT)] == [], "run `make docs`"


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_every_block_stands_on_one_page():
    used = [name for page in pages(ROOT) for name in names(page.read_text(encoding="utf-8"))]
    assert sorted(used) == sorted(BLOCKS)


def test_a_number_that_changes_makes_its_pages_outdated(copy):
    table = copy / "docs/study/short/comparison-mnist/runs.csv"
    runs = pd.read_csv(table)
    runs.loc[runs["depth"] == 56, "test_accuracy"] -= 0.01
    runs.to_csv(table, index=False)
    assert {page.name for page in outdated(copy)} == {"README.md", "results.md"}


def test_a_page_that_was_edited_by_hand_is_outdated(copy):
    readme, tables = copy / "README.md", copy / "docs/tables.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(r"0\.\d{3} ±", "0.123 ±", text, count=1), encoding="utf-8")
    tables.write_text("# Tables\n", encoding="utf-8")
    assert set(outdated(copy)) == {readme, tables}


@pytest.mark.parametrize("table", READ, ids=lambda path: str(path.relative_to(ROOT / "docs/study")))
def test_every_table_of_a_study_matters(table, copy):
    """A table whose numbers affect no page would be useless."""
    copied = copy / table.relative_to(ROOT)
    values = pd.read_csv(copied)
    numbers = values.select_dtypes("number").columns.drop(
        ["depth", "seed", "lag", "gain", "n", "train", "test"], errors="ignore"
    )
    values[numbers] = 0.37 * values[numbers] + 0.11
    if table.stem == "outcomes":
        values["verdict"] = "healthy"
    values.to_csv(copied, index=False)
    changed = Studies(copy)
    # The fast ones first; not the test over permutations, which takes seconds and reads nothing that others do not.
    assert any(BLOCKS[name](changed) != now(name) for name in reversed(BLOCKS) if name != "target")


def test_lesions_are_shown_of_every_study_that_has_them(copy):
    assert now("lesions").startswith(("No frozen study", "| data"))
    measures = {"validation_error": 0.25, "lesion_rise": 0.5, "reordering_rise": -0.125}
    for name in ("short", "default"):
        for dataset in ("mnist", "plantvillage"):
            table = copy / f"docs/study/{name}/inspection-{dataset}/summary.csv"
            kept = pd.read_csv(table).query("measure not in @measures", local_dict={"measures": list(measures)})
            rows = [
                {"depth": 56, "variant": variant, "measure": measure, "n": 3, "mean": mean, "sd": 0.0625}
                for variant in ("plain", "residual")
                for measure, mean in measures.items()
                if (name, dataset, variant) != ("default", "mnist", "plain")
            ]
            pd.concat([kept, pd.DataFrame(rows)]).to_csv(table, index=False)
    header, _, *lines = BLOCKS["lesions"](Studies(copy)).splitlines()
    assert header.count("plain") == header.count("residual") == 3
    cells = ["0.250 ± 0.062"] * 2 + ["+0.500 ± 0.062"] * 2 + ["-0.125 ± 0.062"] * 2
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] == [
        ["MNIST", "3", "3", "56", *cells],
        ["Part of PlantVillage", "12", "3", "56", *cells],
        ["Drawn leaves (not PlantVillage)", "14", "3", "56", *cells],
    ]


def test_no_picture_is_kept_that_no_page_shows():
    shown = "".join(page.read_text(encoding="utf-8") for page in pages(ROOT))
    pictures = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs/study").rglob("*.png")]
    assert pictures
    assert [picture for picture in pictures if f"{picture})" not in shown] == []


def test_no_sample_passes_for_the_set_that_it_stands_in_for(copy):
    assert all("not " in name for (_, provenance), name in NAMES.items() if provenance == "embedded")
    about = copy / "docs/study/short/comparison-mnist/about.json"
    values = json.loads(about.read_text(encoding="utf-8"))
    about.write_text(json.dumps({**values, "provenance": "embedded"}), encoding="utf-8")
    first = BLOCKS["accuracy"](Studies(copy)).splitlines()[2]
    assert first.startswith("| Embedded digits (not MNIST)")
    assert BLOCKS["accuracy"](STUDIES).splitlines()[2].startswith("| MNIST")


def test_the_default_study_is_one_of_today():
    assert {dataset for name, dataset in WITH_PAGES if name == "default"} == {"mnist", "plantvillage"}


@pytest.mark.parametrize(("name", "dataset"), WITH_PAGES)
def test_verdicts_computed_now_are_those_of_the_page_of_the_time(name, dataset):
    """From the table of runs in Git, with six digits per value."""
    study = STUDIES[name]
    verdicts = study.verdicts(dataset)
    page = (study.folder / f"comparison-{dataset}.md").read_text(encoding="utf-8")
    lines = dict(re.findall(r"^\| ([a-z ]+): .*?\|(.*)\|$", page, flags=re.M))
    for row_name, row in rows().items():
        values, form = verdicts.loc[row_name], row.primary.form
        cells = [cell.strip() for cell in lines[row.title].split("|")]
        for cell, variant in zip(cells, ("plain", "residual"), strict=False):
            mean, sd, n = (values[f"{variant}_{what}"] for what in ("mean", "sd", "n"))
            assert cell == spread_text(n, mean, sd, form=form)
        p = "" if pd.isna(values["p_holm"]) else f" (p = {values['p_holm']:.3f})"
        assert cells[2] == f"**{values['verdict']}**{p}"


MARKED = "before\n\n<!-- begin: a -->\nold\n<!-- end: a -->\nafter\n"


def test_a_block_is_replaced_and_all_else_stays():
    text = fill(MARKED, {"a": lambda: "new\nlines\n"})
    assert text == "before\n\n<!-- begin: a -->\n\nnew\nlines\n\n<!-- end: a -->\nafter\n"
    assert fill(text, {"a": lambda: "new\nlines\n"}) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MARKED.replace("begin: a", "begin: b"), "Block b has no writer; allowed: a"),
        (MARKED.replace("end: a", "end: b"), "Block b ends where a is open"),
        (MARKED.replace("<!-- end: a -->\n", ""), "Block a has no end"),
        (MARKED.replace("<!-- begin: a -->\n", ""), "Block a ends where no block is open"),
        (MARKED.replace("old", "<!-- begin: a -->"), "Block a begins within block a"),
    ],
)
def test_marks_that_do_not_match_are_refused(text, message):
    with pytest.raises(BlockError, match=re.escape(message)):
        fill(text, {"a": lambda: "new"})
