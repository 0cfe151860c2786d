"""List the results of a run that differ from the last commit: ``python -m handbook.same``, or ``make same``.

Wall-clock times always differ. They are below data/times and in files that the pipeline derives from them. dvc.lock
lists the paths that every stage reads and writes, with hashes of everything.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from handbook import ROOT

LOCK = "dvc.lock"
TIMES = "data/times"
"""The folder of the wall-clock times of every training."""

Stages = dict[str, dict[str, Any]]
"""The stages of dvc.lock by name: each has a command, and its ``deps``, ``params`` and ``outs``."""


def differences(root: Path) -> tuple[list[str], list[str]]:
    """Compare the working tree with its last commit.

    Args:
        root: root of the repository, in which a run has finished.

    Returns:
        the differences due to times, and all others: files, and entries of dvc.lock.
    """
    now = _stages((root / LOCK).read_text(encoding="utf-8"))
    then = _stages(_git(root, "show", f"HEAD:{LOCK}"))
    holds_times = times(now)
    files = [path for path in changed_files(root) if path != LOCK]
    entries = changed_entries(then, now, holds_times)
    return (
        [path for path in files if holds_times(path)],
        [path for path in files if not holds_times(path)] + [f"{LOCK}: {entry}" for entry in entries],
    )


def times(stages: Stages) -> Callable[[str], bool]:
    """Return a function that says whether a path holds times: it is below data/times, or a stage makes it from one."""
    found = {TIMES}

    def holds_times(path: str) -> bool:
        return any(path == folder or path.startswith(f"{folder}/") for folder in found)

    while True:
        readers = [stage for stage in stages.values() if any(map(holds_times, _paths(stage, "deps")))]
        made = {path for stage in readers for path in _paths(stage, "outs")}
        if made <= found:
            return holds_times
        found |= made


def changed_files(root: Path) -> list[str]:
    """List the files that differ from the last commit, including untracked ones."""
    changed = _git(root, "diff", "--name-only", "--no-renames", "-z", "HEAD")
    unknown = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({*changed.split("\0"), *unknown.split("\0")} - {""})


def changed_entries(then: Stages, now: Stages, ignored: Callable[[str], bool]) -> list[str]:
    """List the differences between two locks: commands, parameters, and the hashes of files.

    Args:
        then: the stages of the first lock.
        now: the stages of the second lock.
        ignored: says whether a path's hash may differ.

    Returns:
        for each difference, the stage and the path or the kind of entry.
    """
    found = []
    for name in sorted(then.keys() | now.keys()):
        if name not in then or name not in now:
            found.append(f"{name}, {'new' if name in now else 'gone'}")
            continue
        before, after = _entries(then[name]), _entries(now[name])
        keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        found += [f"{name}, {key}" for key in keys if not ignored(key)]
    return found


def _entries(stage: dict[str, Any]) -> dict[str, Any]:
    """Return a stage's entries by path, and the rest, such as its command, by name."""
    files = {entry["path"]: entry for kind in ("deps", "outs") for entry in stage.get(kind, [])}
    return {key: value for key, value in stage.items() if key not in ("deps", "outs")} | files


def _paths(stage: dict[str, Any], kind: str) -> list[str]:
    return [entry["path"] for entry in stage.get(kind, [])]


def _stages(lock: str) -> Stages:
    return YAML(typ="safe", pure=True).load(lock).get("stages", {})


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Print what differs; exit with 1 if anything but times does."""
    of_times, other = differences(ROOT)
    if not other:
        print(f"Nothing differs from the last commit but times ({len(of_times)} files).")
        return
    print("\n".join(other))
    sys.exit(f"Other than times, {len(other)} entries differ from the last commit.")


if __name__ == "__main__":
    main()
