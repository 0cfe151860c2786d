"""Detect changes to the files at a path since they were brought in: DVC tracks only the path's text.

For every path there is a record, outside all outputs, of the names, sizes and times of its files. A clone that takes
its data from DVC's cache has none.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from resgrad.common.files import write_json
from resgrad.download.paths import local_paths

RECORDS = Path(".downloads/records")
"""Folder of the records, relative to the root of the repository."""

PATHS = ("source", "leaf_map")
"""Parameters of a data set that may be paths."""

Files = dict[str, list[int]]
"""Size in bytes and modification time in nanoseconds, by name relative to the path."""


def record(path: Path, records: Path) -> None:
    """Record the files at a path that has just been brought in."""
    write_json(_record_of(path, records), _files(path))


def changed_sources(parameters: dict[str, Any], root: Path = Path()) -> list[str]:
    """Say for every data set of the study what has changed at its paths since they were brought in.

    Args:
        parameters: all of params.yaml, checked or not: invalid values are ignored, because the check will name them.
        root: of the repository.

    Returns:
        sentences, each with the command that brings in the changes; one too where there is no record to compare with,
        because DVC took the data from its cache.
    """
    datasets, blocks = parameters.get("datasets"), parameters.get("data")
    if not isinstance(datasets, list) or not isinstance(blocks, dict):
        return []
    found = [(name, blocks[name]) for name in datasets if isinstance(name, str) and isinstance(blocks.get(name), dict)]
    return [
        f"{sentence}; `dvc repro -f download@{name}` brings it in again."
        for name, block in found
        for key in PATHS
        for path in local_paths([block.get(key)])
        if (sentence := _sentence(path, root, name, f"data.{name}.{key}"))
    ]


def _sentence(path: Path, root: Path, name: str, parameter: str) -> str | None:
    """Say what has changed at a path, or that this is unknown although its files are what the pipeline works with."""
    records = root / RECORDS
    if changed := changes(path, records):
        return f"{path} has changed since it was brought in: {changed}"
    if _record_of(path, records).exists() or not path.exists() or not (root / "data/raw" / name).exists():
        return None
    if local_paths([_downloaded_with(root / "dvc.lock", name).get(parameter)]) != [path]:
        return None  # it will be downloaded
    return f"Whether {path} has changed since it was brought in cannot be known here, where that was not recorded"


def _downloaded_with(lock: Path, name: str) -> dict[str, Any]:
    """Return the parameters of a data set's last download; the whole lock file would take seconds to parse."""
    text = lock.read_text(encoding="utf-8") if lock.exists() else ""
    entry = re.search(rf"^  download@{re.escape(name)}:\n((?: {{4}}.*\n)+)", text, re.MULTILINE)
    try:
        files = YAML(typ="safe", pure=True).load(entry[1])["params"] if entry else {}
    except (YAMLError, LookupError):  # in the middle of a merge
        return {}
    return {key: value for parameters in files.values() for key, value in parameters.items()}


def changes(path: Path, records: Path) -> str | None:
    """Say in a few words what has changed at a path since its last record; None if nothing has.

    Args:
        path: a file or a folder. If it is gone, or has no record, there is nothing to compare.
        records: the folder of the records.
    """
    noted = _record_of(path, records)
    if not (noted.exists() and path.exists()):
        return None
    before: Files = json.loads(noted.read_text(encoding="utf-8"))
    now = _files(path)
    kinds = {
        "added": now.keys() - before.keys(),
        "removed": before.keys() - now.keys(),
        "changed": {name for name in now.keys() & before.keys() if now[name] != before[name]},
    }
    said = [
        f"{len(names):,} {'file' if len(names) == 1 else 'files'} {kind} (such as {min(names)})"
        for kind, names in kinds.items()
        if names
    ]
    return ", ".join(said) or None


def _record_of(path: Path, records: Path) -> Path:
    name = hashlib.sha256(str(path.absolute()).encode(errors="surrogateescape")).hexdigest()
    return records / f"{name}.json"


def _files(path: Path) -> Files:
    def entries() -> Iterator[tuple[str, Path]]:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                yield file.relative_to(path).as_posix(), file
        else:
            yield path.name, path

    stats = {name: file.stat() for name, file in entries() if file.is_file()}
    return {name.encode(errors="replace").decode(): [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}
