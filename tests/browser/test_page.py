"""The whole page of ``dvc plots show`` in a browser without a network."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from dvc_render.vega import VegaRenderer
from PIL import Image
from ruamel.yaml import YAML

from resgrad.common.files import write_json
from resgrad.common.frames import to_rows
from tests.paths import ROOT
from tests.pipeline.project import Project
from tests.unit.filled_templates import AXES, make_frames

pytestmark = pytest.mark.browser
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=20000",
    "--dump-dom",
)
DRAWN = re.compile(r'<canvas[^>]* width="[1-9]')
INERT = re.compile("<template.*</template>", re.DOTALL)
# The templates are written for DVC's page; our page loads a newer version.
NEWER = re.compile(r"The input spec uses Vega-Lite v5, but the current version of Vega-Lite is v6\.[0-9.]+")


class Shown(NamedTuple):
    """A page after its scripts have run, and their console output."""

    html: str
    console: list[str]


@pytest.fixture(scope="module")
def project(tmp_path_factory, vl_convert):
    """A repository with this project's plots settings, a plot of each template, and one picture."""
    folder = tmp_path_factory.mktemp("page")
    settings = ("config", "plots.html", "vega.py")
    (folder / ".dvc").mkdir()
    shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots")
    for name in settings:
        shutil.copy(ROOT / ".dvc" / name, folder / ".dvc")
    plots = []
    for name, frame in make_frames(folder / "runs").items():
        x, y = AXES[name]
        write_json(folder / f"{name}.json", to_rows(frame.assign(variant="plain", panel="a panel")))
        plots.append({f"{name}.json": {"template": name, "x": x, "y": y}})
    Image.new("RGB", (8, 8)).save(folder / "picture.png")
    YAML().dump({"plots": [*plots, "picture.png"]}, folder / "dvc.yaml")
    repository = Project(folder)
    repository.run("git", "init", "--quiet")
    repository.run(sys.executable, ".dvc/vega.py")
    repository.run(sys.executable, "-m", "dvc", "plots", "show")
    return repository


@pytest.fixture
def show(chromium, tmp_path):
    def show(page: Path) -> Shown:
        command = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return Shown(done.stdout, re.findall(r":CONSOLE[:(]\S* (.*), source:", done.stderr))

    return show


def test_every_plot_is_drawn_and_the_picture_is_shown_without_a_network(project, show):
    page = show(project.folder / "dvc_plots/index.html")
    assert len(DRAWN.findall(page.html)) == len(AXES)
    assert page.html.count("<img ") == 1
    assert '<p id="no-vega" hidden' in page.html
    assert re.findall('src="(.*?)"', INERT.sub("", page.html)) == ["../.dvc/vega.js", "static/workspace_picture.png"]
    assert [line for line in page.console if not NEWER.search(line)] == []


def test_without_vega_the_page_says_what_is_missing_and_still_shows_the_picture(project, show, tmp_path):
    shutil.copytree(project.folder / "dvc_plots", tmp_path / "dvc_plots")
    page = show(tmp_path / "dvc_plots/index.html")
    assert '<p id="no-vega">' in page.html
    assert not DRAWN.search(page.html)
    assert page.html.count("<img ") == 1
    assert not [line for line in page.console if "Uncaught" in line]


def test_without_vega_the_page_draws_with_what_the_links_of_dvc_bring(project, show, tmp_path):
    shutil.copytree(project.folder / "dvc_plots", tmp_path / "dvc_plots")
    first, *_ = re.findall(r'src="([^"]+)"', VegaRenderer.SCRIPTS)
    path = tmp_path / "dvc_plots/index.html"
    path.write_text(path.read_text().replace(first, (project.folder / ".dvc/vega.js").as_uri()))
    page = show(path)
    assert len(DRAWN.findall(page.html)) == len(AXES)
