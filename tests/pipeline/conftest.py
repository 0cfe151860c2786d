"""Projects in which to run pipelines."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.pipeline.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh project in which nothing has run."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a project that has run on two workers; all tests share the run, and none may change it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent  # pytest-xdist gives each worker a folder below it
    folder = shared / "finished"
    with FileLock(shared / "finished.lock"):
        if not (folder / "done").exists():
            project = make_project(folder / "project")
            project.run("python", "-m", "stages", "--jobs", "2")
            project.commit("Results")
            (folder / "done").touch()
    return folder / "project"


@pytest.fixture(scope="session")
def finished(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose pipeline has run and whose results are committed; tests leave it as they find it."""
    folder = tmp_path_factory.mktemp("finished") / "project"
    shutil.copytree(finished_once, folder, symlinks=True)
    project = Project(folder)
    project.run("dvc", "checkout", "--quiet")
    return project
