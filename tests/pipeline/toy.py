"""A pipeline of shell commands, which shows how `python -m stages` handles stages of any kind."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.paths import ROOT

PIPELINE = """
stages:
  check:
    cmd: echo The parameters can be used. > checked
    deps: [params.yaml]
    outs: [checked]
  cell:
    matrix:
      number: [1, 2]
    cmd: sh cell.sh ${item.number}
    deps: [checked]
    outs: ["out/${item.number}"]
  one:
    cmd: cat out/1 > one
    deps: [out/1]
    outs: [one]
  all:
    cmd: cat out/1 out/2 > all
    deps: [out]
    outs: [all]
"""


class Toy:
    """A folder with the pipeline ``check`` -> two cells -> ``one``, of the first cell, and ``all``, of both."""

    def __init__(self, folder: Path, cell: str, *, remote: str | None = None) -> None:
        """Create the pipeline.

        Args:
            folder: the folder to create.
            cell: shell code that a cell runs before it writes its output, with its number in ``$1``.
            remote: URL of the DVC remote, for a Git repository with one.
        """
        self.folder = folder
        folder.mkdir()
        (folder / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
        (folder / "params.yaml").write_text("train: {threads: 1}\n", encoding="utf-8")
        self.cell(cell)
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "PYTHON"))}
        self._environment = {
            **variables,
            "DVC_NO_ANALYTICS": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }
        if remote is None:
            self.shell("dvc init --quiet --no-scm")
        else:
            # Otherwise DVC would put a .gitignore into `out`, which `all` reads.
            (folder / ".gitignore").write_text("/out\n/one\n/all\n/checked\n/begun\n", encoding="utf-8")
            self.shell(f"git init --quiet && dvc init --quiet && dvc remote add --quiet --default storage {remote}")
            self.shell("git add --all && git -c user.name=Test -c user.email=test@example.org commit --quiet -m Toy")

    def shell(self, command: str) -> str:
        """Run a command in the folder; return what it printed."""
        return subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    def cell(self, does: str) -> None:
        """Set what a cell does before it writes its output; DVC does not see the change."""
        script = f"echo $1 >> begun\n{does}\nmkdir -p out\necho $1 > out/$1\n"
        (self.folder / "cell.sh").write_text(script, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "stages", *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run the pipeline on two workers; return the output."""
        return self._run("--jobs", "2", *arguments, status=status)

    def run_on(self, scheduler: str, *arguments: str, status: int = 0) -> str:
        """Run the pipeline on the workers of a scheduler; return the output."""
        return self._run("--scheduler", scheduler, *arguments, status=status)

    def _run(self, *arguments: str, status: int) -> str:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=300)
        assert process.returncode == status, output
        return output

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def wait_for(self, name: str) -> str:
        """Wait until a file contains a whole line; return it."""
        deadline = time.monotonic() + 300
        path = self.folder / name
        while not path.exists() or not path.read_text(encoding="utf-8").endswith("\n"):
            assert time.monotonic() < deadline, f"no {name}"
            time.sleep(0.05)
        return path.read_text(encoding="utf-8").strip()
