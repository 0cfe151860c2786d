"""What has changed behind a path since it was brought in: DVC tracks the path's text alone.

For every path there is a record, outside of all outputs, of the names, sizes and times of the files behind it.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from resgrad.common.files import write_json

RECORDS = Path(".downloads/records")
"""Where they lie, from the root of the repository."""

Files = dict[str, list[int]]
"""Size in bytes and time of the last change in nanoseconds, by name relative to the path."""


def record(path: Path, records: Path) -> None:
    """Note what lies behind a path, now that it has been brought in."""
    write_json(_record_of(path, records), _files(path))


def changes(path: Path, records: Path) -> str | None:
    """Say in a few words what has changed behind a path since the last record of it; None if nothing has.

    Args:
        path: a file or a folder. If it is gone, or there is no record of it, there is nothing to compare.
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
