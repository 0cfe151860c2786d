"""A study on all cores, against ``dvc repro``: ``python -m benchmarks.parallel`` from the root, on an idle machine.

Both start from a clone of HEAD without a cache, so that everything is computed, one after the other; then both find
nothing to do, some times in turn. What they wrote is compared byte by byte, but for wall-clock times and what is made
of them.
"""

import argparse
import filecmp
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks._timing import interleaved, print_table, timed

ROOT = Path(__file__).resolve().parents[1]


def run(command: list[str], folder: Path) -> None:
    """Run a command with this Python's stages, and show nothing unless it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")


def clone(folder: Path, params: Path | None) -> None:
    """Clone HEAD, with other parameters if there are any."""
    run(["git", "clone", "--quiet", str(ROOT), str(folder)], ROOT)
    if params:
        shutil.copyfile(params, folder / "params.yaml")


def differing(one: Path, other: Path) -> list[str]:
    """List files below data, metrics and plots that are not the same in two folders, but for times."""
    names = {
        str(path.relative_to(folder))
        for folder in (one, other)
        for room in ("data", "metrics", "plots")
        for path in (folder / room).rglob("*")
        if path.is_file()
    }
    compared = {name for name in names if not any(part in name for part in ("times", "timing"))}
    _, different, missing = filecmp.cmpfiles(one, other, compared, shallow=False)
    return sorted(different + missing)


def main(params: Path | None, jobs: int, rounds: int, noop_rounds: int) -> None:
    """Time both, compare what they wrote, and print two tables."""
    commands = {
        "`dvc repro`": ["dvc", "repro"],
        f"`make repro`, {jobs} workers": [sys.executable, "-m", "stages", "--jobs", str(jobs)],
    }
    study: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(rounds):
            folders = {name: Path(temporary, f"{number}-{index}") for index, name in enumerate(commands)}
            for name, command in commands.items():
                clone(folders[name], params)
                study[name].append(timed(partial(run, command, folders[name])))
            different = differing(*folders.values())
            print(f"files that differ, times apart: {', '.join(different) or 'none'}\n")
        idle: dict[str, Callable[[], None]] = {
            name: partial(run, command, folders[name]) for name, command in commands.items()
        }
        nothing = interleaved(idle, noop_rounds)
    for title, seconds in (("the study", study), ("nothing to do", nothing)):
        serial = seconds["`dvc repro`"]
        rows = [
            [
                name,
                f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})",
                f"{statistics.median(a / b for a, b in zip(serial, values, strict=True)):.2f}x",
            ]
            for name, values in seconds.items()
        ]
        print_table([f"{title}, {os.cpu_count()} cores", "s, median (minimum to maximum)", "speed-up"], rows)
        print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=Path, help="another params.yaml, for a smaller study")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1, help="of the whole study")
    parser.add_argument("--noop-rounds", type=int, default=5)
    arguments = parser.parse_args()
    main(arguments.params, arguments.jobs, arguments.rounds, arguments.noop_rounds)
