"""A study on all cores, against ``dvc repro``: ``python -m benchmarks.parallel`` from the root, on an idle machine.

Both start from a clone of HEAD without a cache, so that everything is computed, one after the other; then both find
nothing to do, some times in turn. Beside the time on the clock stands that of the processors, all processes together,
which a busy machine changes less. What they wrote is compared byte by byte, but for times and what is made of them.
"""

import argparse
import filecmp
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks._timing import print_table, ratio, spread, timed

ROOT = Path(__file__).resolve().parents[1]
SERIAL = "`dvc repro`"


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


class Times:
    """Seconds of one contender, call by call: on the clock, and of the processors."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.processors: list[float] = []

    def add(self, call: Callable[[], None]) -> None:
        """Time one call of what starts processes and waits for them."""
        before = children_seconds()
        self.clock.append(timed(call))
        self.processors.append(children_seconds() - before)


def children_seconds() -> float:
    """Return the processor time of all processes that this one has waited for, and of those that they have."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def show(title: str, times: dict[str, Times]) -> None:
    """Print a table."""
    serial = times[SERIAL]
    rows = [
        [name, spread(own.clock), ratio(serial.clock, own.clock, 2), spread(own.processors)]
        for name, own in times.items()
    ]
    print_table([f"{title}, {os.cpu_count()} cores", "s", "speed-up", "processor s"], rows)
    print()


def main(params: Path | None, jobs: int, rounds: int, noop_rounds: int) -> None:
    """Time both, compare what they wrote, and print two tables."""
    commands = {
        SERIAL: ["dvc", "repro"],
        f"`make repro JOBS={jobs}`": [sys.executable, "-m", "stages", "--jobs", str(jobs)],
    }
    study, nothing = ({name: Times() for name in commands} for _ in range(2))
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as temporary:
            folders = {name: Path(temporary, str(index)) for index, name in enumerate(commands)}
            for name, command in commands.items():
                clone(folders[name], params)
                study[name].add(partial(run, command, folders[name]))
            different = differing(*folders.values())
            print(f"files that differ, times apart: {', '.join(different) or 'none'}\n", flush=True)
            for _ in range(noop_rounds):
                for name, command in commands.items():
                    nothing[name].add(partial(run, command, folders[name]))
    show("the study", study)
    show("nothing to do", nothing)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=Path, help="another params.yaml, for a smaller study")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1, help="of the whole study")
    parser.add_argument("--noop-rounds", type=int, default=5)
    arguments = parser.parse_args()
    main(arguments.params, arguments.jobs, arguments.rounds, arguments.noop_rounds)
