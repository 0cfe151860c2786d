"""The handbook says what the code says, and its links lead somewhere."""

import re
import runpy

import pytest

from tests.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MADE = ("metrics/", "plots/", "data/")
"""Written by the pipeline: they may be missing before it has run."""


def test_the_page_of_tables_is_what_the_code_would_write():
    page = runpy.run_path(str(ROOT / "docs/make_tables.py"))["page"]
    assert (ROOT / "docs/tables.md").read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve()
        assert path.is_relative_to(ROOT), target
        assert path.exists() or str(path.relative_to(ROOT)).startswith(MADE), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_and_make_targets_exist(page):
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets
    for path in re.findall(r"`((?:src|tests|stages|docs|benchmarks)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
