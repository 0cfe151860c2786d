"""A real repository in a temporary folder: the project as committed, with parameters for tiny networks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from tests.paths import ROOT


class Project:
    """A checkout with its own Git and DVC, and the commands that a user would type there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_", "PYTHON"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **{
                f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
            },
        }

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command; return what it printed, output and errors together."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def set(self, **changes) -> None:
        """Change parameters, by dotted path with ``__`` for the dots."""
        yaml = YAML()
        path = self.folder / "params.yaml"
        values = yaml.load(path)
        for name, value in changes.items():
            *above, key = name.split("__")
            section = values
            for step in above:
                section = section[step]
            section[key] = value
        yaml.dump(values, path)

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", message)

    def clone(self, folder: Path) -> "Project":
        """Clone the committed state; the new checkout has no cache."""
        self.run("git", "clone", "--quiet", str(self.folder), str(folder))
        return Project(folder)

    def hashes(self, *folders: str) -> dict[str, bytes]:
        """Read every file below some folders."""
        files = (path for folder in folders for path in sorted((self.folder / folder).rglob("*")) if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


COMPARED = [f"data/{room}/mnist" for room in ("raw", "shards", "runs", "gradients", "rates", "tolerance", "comparison")]
"""Folders that hold what the comparison of the digits rests on."""

TINY = {
    "depths": [8],
    "seeds": [0, 1],
    "model__width": 2,
    "data__mnist__epochs": 1,
    "data__plantvillage__epochs": 1,
    "train__batch_size": 256,
    "data__mnist__image_size": 8,
    "data__plantvillage__image_size": 8,
    "gradients__every": 2,
    "inspect__paths": 2,
    "audit__width": 2,
    "audit__epochs": 1,
    "audit__seeds": [0, 1],
    "tolerance__epochs": 1,
    "tolerance__rates": [0.01, 1],
    "probe__seeds": [0, 1],
    "probe__grids": [
        {
            "network": "fully_connected",
            "shortcut": "zero_padding",
            "width": 4,
            "depths": [4, 7],
            "normalizations": ["none", "batch"],
            "activations": ["relu"],
            "initializations": {"he": [1.0]},
        }
    ],
    "probe__shortcuts": {
        "width": 2,
        "depths": [8],
        "families": [{"network": "cifar_resnet", "shortcuts": ["zero_padding"]}],
    },
    "probe__shattering": {"depths": [4], "width": 4, "inputs": 16, "networks": 2},
}


def make_project(folder: Path) -> Project:
    """Copy the tracked files of this project without results, and create a repository from them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        if name.split("/")[0] not in {"metrics", "plots", "tests", "dvc.lock"} and (ROOT / name).exists():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    project = Project(folder)
    project.run("git", "init", "--quiet", "--initial-branch=main")
    project.set(**TINY)
    project.commit("The project, with tiny networks")
    return project
