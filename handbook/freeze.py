"""Freeze the run in the working tree as a study: ``python -m handbook.freeze NAME``, or ``make study NAME=...``.

It copies to docs/study/NAME the pages, the tables that :mod:`handbook.book` reads, and the pictures that README.md or
docs/ show. :mod:`handbook.study` describes the result.
"""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from handbook import ROOT
from handbook.book import pages
from resgrad.common.config import read
from resgrad.common.files import replacing
from resgrad.common.tables import ABOUT

TABLES = {
    "comparison": ("runs", "accuracy_by_rate"),
    "inspection": ("summary",),
    "audit": ("averages", "classes", "split_averages", "inflation"),
    "timing": ("averages",),
    "probe": (
        "outcomes",
        "growth",
        "thirds",
        "laws",
        "shortcuts",
        "shortcut_laws",
        "geometry",
        "steadiness",
        "autocorrelations",
        "noise_autocorrelations",
    ),
}
"""The tables that support the documentation, by kind of page. A run may lack some: digits have no leaves to audit."""

LEFT_OUT = ("source", "leaf_map")
"""Parameters of a data set that say where its files were, which is private and useless elsewhere."""


class FreezeError(Exception):
    """There is no finished run to freeze, or it lacks something that the pages show."""


def freeze(root: Path, name: str) -> list[Path]:
    """Copy the run in the working tree to docs/study/<name>, replacing its contents.

    Args:
        root: root of the repository.
        name: name of the study: lower-case letters, digits, ``-``, and ``/`` for a group of studies.

    Returns:
        the files of the study.

    Raises:
        FreezeError: says what is missing; the study is then left unchanged.
    """
    if not re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)*", name):
        raise FreezeError(f"A study's name has small letters, digits, - and /; {name!r} has others.")
    parameters = read(root / "params.yaml")
    destination = root / "docs/study" / name
    shown = _shown(root, name)
    with replacing(destination) as partial:
        partial.mkdir()
        for dataset in parameters["datasets"]:
            for kind in ("comparison", "inspection", "audit", "timing"):
                page, plots = f"{kind}-{dataset}", root / f"plots/{dataset}/{kind}"
                pictures = [plots / name for name in shown.pop(page, ())]
                _copy_page(root / f"metrics/{page}", root / f"data/{kind}/{dataset}", TABLES[kind], pictures, partial)
            if not (partial / f"comparison-{dataset}.md").exists():
                raise FreezeError(f"metrics/comparison-{dataset}.md is missing; `dvc repro` makes it.")
        pictures = [root / "plots/probe" / name for name in shown.pop("probe", ())]
        _copy_page(root / "metrics/probe", root / "data/probe", TABLES["probe"], pictures, partial)
        if shown:
            raise FreezeError(f"README.md or docs/ show pictures of {', '.join(sorted(shown))}, which this run lacks.")
        with (partial / "params.yaml").open("w", encoding="utf-8") as file:
            _yaml().dump(without_places(parameters, read(root / "data/params.json")), file)
    return sorted(path for path in destination.rglob("*") if path.is_file())


def without_places(parameters: dict[str, Any], resolved: dict[str, Any]) -> dict[str, Any]:
    """Insert the data sets of the run, with all defaults filled in, but not where their files were."""
    data = {
        dataset: {key: value for key, value in resolved["data"][dataset].items() if key not in LEFT_OUT}
        for dataset in parameters["datasets"]
    }
    return {**parameters, "data": data}


def _shown(root: Path, study: str) -> dict[str, list[str]]:
    """List the pictures of a study that the documentation shows, by page."""
    shown: dict[str, list[str]] = {}
    pattern = re.compile(rf"study/{re.escape(study)}/([a-z0-9_-]+)/([\w.-]+\.png)\)")
    for page in pages(root):
        for kind, picture in pattern.findall(page.read_text(encoding="utf-8")):
            shown.setdefault(kind, []).append(picture)
    return shown


def _copy_page(page: Path, room: Path, tables: tuple[str, ...], pictures: list[Path], destination: Path) -> None:
    """Copy a page with its tables and pictures, if the run has it.

    Args:
        page: its path without the suffix; the tables are in the folder of that name.
        room: the folder with the tables from which the page was written.
        tables: their names; those that the run has are copied.
        pictures: the pictures, which must all exist.
        destination: where to copy to.
    """
    text = page.with_suffix(".md")
    if not (text.exists() or pictures):
        return
    found = [path for path in (page / f"{name}.csv" for name in tables) if path.exists()]
    beside = [room / ABOUT, *pictures, *found] if pictures or found else []
    for source in [text, *beside]:
        if not source.exists():
            raise FreezeError(f"{source} is missing; `dvc repro` makes it.")
    shutil.copyfile(text, destination / text.name)
    for source in beside:
        (destination / page.name).mkdir(exist_ok=True)
        shutil.copyfile(source, destination / page.name / source.name)


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.representer.add_representer(type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null"))
    return yaml


def main() -> None:
    """Freeze the run under the name on the command line."""
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("Name the study: make study NAME=default")
    try:
        files = freeze(ROOT, sys.argv[1])
    except FreezeError as error:
        sys.exit(str(error))
    print(f"docs/study/{sys.argv[1]}: {len(files)} files, {sum(file.stat().st_size for file in files) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
