"""Projects to run pipelines in."""

from pathlib import Path

import pytest

from tests.pipeline.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh project in which nothing has run."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose pipeline has run and whose results are committed; tests leave it as they find it."""
    project = make_project(tmp_path_factory.mktemp("finished") / "project")
    project.run("dvc", "repro")
    project.commit("Results")
    return project
