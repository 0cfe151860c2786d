"""Nothing is computed twice: DVC's run-cache holds every stage except the reports.

A report writes files kept in Git, which disables its run-cache, and takes seconds. ``check`` depends on all code and
runs after any change of it; its output stays the same.
"""

import json
import re
import shutil

import pytest
from ruamel.yaml import YAML

from tests.pipeline.project import Project

pytestmark = pytest.mark.pipeline

AWAY = {
    "comparison__alpha": 0.01,
    "train__learning_rate": 0.05,
    "tolerance__epochs": 2,
    "inspect__paths": 3,
    "audit__seeds": [0, 2],
    "probe__batch_size": 32,
}


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project, which tests may change."""
    shutil.copytree(finished.folder, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def stages_run(output: str) -> set[str]:
    return set(re.findall(r"Running stage '([^'@]+)", output))


def test_parameters_that_change_and_change_back_run_reports_alone(project):
    before = project.hashes("metrics", "plots")
    project.set(**AWAY)
    computed = stages_run(project.run("dvc", "repro"))
    assert {"train", "rate", "tolerance", "compare", "inspect", "audit", "probe", "report", "report_probe"} <= computed
    assert project.hashes("metrics", "plots") != before
    project.run("git", "checkout", "--quiet", "params.yaml")
    assert stages_run(project.run("dvc", "repro")) <= {"report", "report_probe"}
    assert timeless(project.hashes("metrics", "plots")) == timeless(before)


def test_what_was_removed_comes_back_without_being_computed(project):
    before = project.hashes("metrics", "plots")
    project.run("bash", "-c", "rm -rf dvc.lock data metrics plots")  # as in the handbook
    assert stages_run(project.run("dvc", "repro")) <= {"report", "report_probe"}
    assert project.hashes("metrics", "plots") == before
    assert project.run("git", "status", "--porcelain") == ""


def test_a_clone_with_the_same_cache_folder_computes_nothing(project, tmp_path):
    clone = project.clone(tmp_path / "clone")
    clone.run("dvc", "cache", "dir", "--local", str(project.folder / ".dvc/cache"))
    assert stages_run(clone.run("dvc", "repro")) <= {"report", "report_probe"}
    assert clone.run("git", "status", "--porcelain") == ""
    output = clone.run("dvc", "exp", "run", "--set-param", "model.residual=false")
    assert stages_run(output) <= {"check", "evaluate"}


def test_a_remote_that_is_a_copy_of_the_cache_holds_what_other_parameters_gave(project, tmp_path):
    """As in docs/use.md, for a second clone that shares nothing else."""
    project.run("dvc", "exp", "run", "--set-param", "model.residual=false")
    project.run("git", "checkout", "--quiet", ".")
    shutil.copytree(project.folder / ".dvc/cache", tmp_path / "storage")
    project.run("dvc", "remote", "add", "--default", "storage", str(tmp_path / "storage"))
    project.commit("A remote")
    clone = project.clone(tmp_path / "clone")
    clone.run("dvc", "pull", "--run-cache")
    assert "Data and pipelines are up to date." in clone.run("dvc", "repro")
    output = clone.run("dvc", "exp", "run", "--pull", "--set-param", "model.residual=false")
    assert stages_run(output) == set()
    assert json.loads(clone.run("dvc", "metrics", "diff", "--json"))


def test_another_colour_and_another_sentence_run_reports_alone(project):
    for file, old, new in (
        ("style.py", '"#0072B2"', '"#0072B3"'),
        ("inspection/page.py", "there is nothing to inspect", "there is nothing that could be inspected"),
    ):
        path = project.folder / "src/resgrad/report" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert stages_run(project.run("dvc", "repro")) == {"check", "report", "report_probe"}


def test_every_stage_but_the_reports_has_its_entries_in_the_run_cache(finished):
    entries = [
        YAML(typ="safe").load(path) for path in (finished.folder / ".dvc/cache/runs").rglob("*") if path.is_file()
    ]
    commands = {entry["cmd"] for entry in entries}
    lock = YAML(typ="safe").load(finished.folder / "dvc.lock")
    missing = {name for name, stage in lock["stages"].items() if stage["cmd"] not in commands}
    assert {name.split("@")[0] for name in missing} == {"report", "report_probe"}
    assert len(commands) == len(lock["stages"]) - len(missing)


def test_files_that_editors_and_systems_leave_behind_run_nothing(project):
    for name in (".DS_Store", "Thumbs.db", "page.py~", ".page.py.swp", "#page.py#", ".#page.py", "page.py.orig"):
        (project.folder / "src/resgrad/comparison" / name).write_bytes(b"left behind")
    for folder in (".idea", ".vscode", ".ipynb_checkpoints", ".mypy_cache", "__pycache__"):
        (project.folder / "src/resgrad/comparison" / folder).mkdir(exist_ok=True)
        (project.folder / "src/resgrad/comparison" / folder / "file").write_bytes(b"left behind")
    assert "Data and pipelines are up to date." in project.run("dvc", "repro")


def timeless(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if "timing" not in name}
