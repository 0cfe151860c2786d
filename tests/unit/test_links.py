"""Everything that the pages name exists: files, headings, make targets, stages, modules, parameters."""

import ast
import operator
import re
import subprocess
from fnmatch import fnmatch
from functools import cache, reduce
from itertools import product
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from handbook.book import pages
from tests.paths import ROOT

STUDIES = sorted((ROOT / "docs/study").rglob("*.md"))
PAGES = [*pages(ROOT), *STUDIES]
PIPELINE, PARAMS = (YAML(typ="safe").load(ROOT / name) for name in ("dvc.yaml", "params.yaml"))
IGNORED = {".dvc/cache/", ".dvc/vega.js"}
"""Paths made by DVC and by the Makefile, never in Git."""
FOLDERS = "src|stages|docs|tests|metrics|plots|data|benchmarks|handbook|\\.dvc|\\.ci"
PATH = re.compile(rf"(?<![\w./-])((?:{FOLDERS})/[\w./<>*-]*|[\w-]+\.(?:yaml|cff))(?![\w/])")
FILE_ENDINGS = ("py", "json", "md", "csv", "png", "yaml", "parquet", "txt", "js")


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code(text: str) -> list[str]:
    """Return the contents of code blocks and code spans."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.M | re.S)
    spans = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.M | re.S))
    return [*blocks, *spans]


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def files() -> tuple[str, ...]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    return tuple(listed.stdout.decode().splitlines())


def listed(key: str) -> list:
    """Return the list at a dotted path of params.yaml."""
    return reduce(operator.getitem, key.split("."), PARAMS)


@cache
def outputs() -> tuple[str, ...]:
    """List the outputs of the pipeline, with the matrix of each stage expanded."""
    found = []
    for stage in PIPELINE["stages"].values():
        matrix = {key: listed(v[2:-1]) if isinstance(v, str) else v for key, v in stage.get("matrix", {}).items()}
        for cell in product(*matrix.values()):
            for out in [out for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]:
                path = next(iter(out)) if isinstance(out, dict) else out
                for key, value in zip(matrix, cell, strict=True):
                    path = path.replace(f"${{item.{key}}}", str(value))
                found.append(path)
    return tuple(found)


def is_there(path: str) -> bool:
    """Say whether a path, in which ``<word>`` and ``*`` match anything, is in the repository or an output."""
    wanted = re.sub(r"<\w+>", "*", path).rstrip("/").split("/")

    def agree(other: str) -> bool:
        return all(fnmatch(part, want) for part, want in zip(other.split("/"), wanted, strict=False))

    if any(agree(file) and file.count("/") >= len(wanted) - 1 for file in files()):
        return True
    below = (out for out in outputs() if not Path(out).suffix or out.count("/") >= len(wanted) - 1)
    return any(agree(out) for out in below)


def has_parameter(key: str) -> bool:
    def found(values, parts) -> bool:
        if not parts:
            return True
        if not isinstance(values, dict):
            return False
        first, *rest = parts
        chosen = values.values() if first.startswith("<") else [values[first]] if first in values else []
        return any(found(value, rest) for value in chosen)

    return found(PARAMS, key.split("."))


def mistakes(text: str, folder: Path = ROOT) -> list[str]:
    """List what a page in ``folder`` names although it does not exist."""
    found = []
    for target in re.findall(r"\]\((?!https?://)([^)\s]*)\)", text):
        path, _, anchor = target.partition("#")
        file = (folder / path).resolve()
        if path and not (file.exists() or is_there(names(file))):
            found.append(target)
        elif anchor:
            page = file.read_text(encoding="utf-8") if path else text
            found += [] if anchor in map(slug, re.findall(r"^#+ (.*)$", page, flags=re.M)) else [target]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    for piece in code(re.sub(r"--drop '[^']*'", "", text)):  # which contains patterns, not paths
        found += [path for path in PATH.findall(piece) if path not in IGNORED and not is_there(path)]
        found += [f"make {name}" for name in re.findall(r"\bmake ([a-z]+)", piece) if name not in targets]
        for module in re.findall(r"\b((?:stages|benchmarks|handbook)(?:\.[a-z_]+)+)\b", piece):
            path = ROOT / module.replace(".", "/")
            ours = path.parent / f"{path.stem}.py"
            found += [] if module.endswith(FILE_ENDINGS) or ours.exists() or path.is_dir() else [module]
        stages = re.findall(r"\bdvc repro ([a-z_]+)", piece) + re.findall(r"^([a-z_]+)@", piece)
        found += [name for name in stages if name not in PIPELINE["stages"]]
        keys = re.findall(r"-S '?([a-z_.]+)=", piece)
        keys += re.findall(rf"^((?:{'|'.join(PARAMS)})(?:\.[\w<>]+)+)$", piece)
        found += [key for key in keys if not key.endswith(FILE_ENDINGS) and not has_parameter(key)]
    return found


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_what_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    if page in STUDIES:  # of a data set that the committed pipeline may not have
        text = text.replace(f"plots/{page.stem.partition('-')[2]}/", "plots/<dataset>/")
    assert mistakes(text, page.parent) == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[x](docs/nowhere.md)", "docs/nowhere.md"),
        ("![x](docs/study/none.png)", "docs/study/none.png"),
        ("[x](README.md#nothing-here)", "README.md#nothing-here"),
        ("see `src/resgrad/nowhere.py`", "src/resgrad/nowhere.py"),
        ("see `src/resgrad/models/nets/`", "src/resgrad/models/nets/"),
        ("see `tests/unit/test_row_<name>_<other>_none.py`", "tests/unit/test_row_<name>_<other>_none.py"),
        ("see `metrics/compared-<dataset>.md`", "metrics/compared-<dataset>.md"),
        ("see `data/gradient/<dataset>/<run>.parquet`", "data/gradient/<dataset>/<run>.parquet"),
        ("see `param.yaml`", "param.yaml"),
        ("```console\n$ make everything\n```", "make everything"),
        ("run `python -m stages.nothing`", "stages.nothing"),
        ("run `python -m benchmarks.nothing`", "benchmarks.nothing"),
        ("run `dvc repro nothing`", "nothing"),
        ("stage `training@<dataset>`", "training"),
        ("run `dvc exp run -S model.resdual=false`", "model.resdual"),
        ("set `train.speed`", "train.speed"),
        ("set `data.<dataset>.colour`", "data.<dataset>.colour"),
    ],
)
def test_what_is_not_there_is_found(text, mistake):
    assert mistakes(text) == [mistake]


@pytest.mark.parametrize(
    "text",
    [
        "[x](docs/use.md) [y](https://example.org/z) [z](CONTRIBUTING.md#the-house)",
        "`metrics/comparison-<dataset>.md`, `metrics/<page>-<dataset>/*.csv`, `data/shards/`, `plots/probe/*.png`",
        "`src/resgrad/models/networks/`, `tests/unit/test_row_<name>.py`, `params.yaml`",
        "`make test`, `python -m stages.check`, `dvc repro train@mnist-residual-56-0`, `report@<page>-<dataset>`",
        "`dvc exp run -S 'depths=[8]' -S data.mnist.source=PATH/mnist`, `data.<dataset>.source`, `model.residual`",
        "make sense of it",
    ],
)
def test_what_is_there_is_no_mistake(text):
    assert mistakes(text) == []


def drawn_arrows(text: str) -> set[tuple[str, str]]:
    """Read the arrows of a mermaid drawing."""
    lines = re.findall(r"^ *([\w &]+) --> ([\w &]+)$", text, flags=re.M)
    return {(a, b) for left, right in lines for a in left.split(" & ") for b in right.split(" & ")}


def test_the_house_is_drawn_as_it_is():
    source = ROOT / "src/resgrad"
    rooms = {folder.name for folder in source.iterdir() if (folder / "__init__.py").exists()} - {"common"}
    imports = set()
    for room in rooms:
        for file in (source / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("resgrad."):
                    imports.add((room, node.module.split(".")[1]))
    real = {(a, b) for a, b in imports if b not in {a, "common"}}
    arrows = drawn_arrows((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert {(a, b) for a, b in arrows if a != "stages"} == real
    assert rooms == {name for arrow in arrows for name in arrow} - {"stages"}
