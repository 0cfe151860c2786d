"""What a worker has run reaches other workspaces by the DVC remote: its outputs, and its entry in the run-cache.

DVC keeps for every stage that has run a file that names what it read and what it wrote, the run-cache. Its name is made
of two hashes: that of the command, the parameters and the inputs, and that of all with the outputs. Here these two are
handed round, and the file and the outputs are fetched by them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from dvc.exceptions import DvcException
from dvc.fs import HTTPFileSystem
from dvc.fs import generic as files
from dvc.output import Output
from dvc.repo import Repo
from dvc.stage import Stage
from dvc.stage.cache import RunCacheNotSupported, _can_hash, _get_cache_hash, _get_stage_hash
from dvc.stage.serialize import to_single_stage_lockfile
from dvc_data.hashfile.tree import Tree
from dvc_objects.db import ObjectDB

from resgrad.common.errors import ResgradError


class ExchangeError(ResgradError):
    """The remote cannot be used, or does not hold what it should."""


@dataclass(frozen=True)
class Entry:
    """The name of an entry of the run-cache.

    Attributes:
        key: SHA-256 of what a stage reads, in hexadecimal digits.
        value: SHA-256 of this and what it wrote.
    """

    key: str
    value: str


class Exchange:
    """The default DVC remote, seen from a workspace; every method is called under DVC's lock of that."""

    def __init__(self, repo: Repo) -> None:
        """Find the remote.

        Raises:
            ExchangeError: there is none that could be used.
        """
        self._repo = repo
        self._cache = repo.stage_cache
        try:
            self._remote = repo.cloud.get_remote_odb(None, "push --run-cache", hash_name="md5-dos2unix")
            if isinstance(self._remote.fs, HTTPFileSystem):
                raise RunCacheNotSupported("DVC has no run-cache over http")
        except Exception as error:  # also of a plug-in that is not installed
            raise ExchangeError(
                f"Workers that do not see this folder need a DVC remote, and there is none to use: {_flat(error)}; "
                "see docs/scale.md."
            ) from error

    def offer(self, stages: Iterable[str]) -> None:
        """Upload the outputs of stages as dvc.lock names them, unless they are there.

        Raises:
            ExchangeError: this failed.
        """
        if not (names := list(stages)):
            return
        try:
            self._repo.push(names)
        except Exception as error:
            raise _failed("The outputs that workers need cannot be uploaded to", error) from error

    def obtain(self, stages: Iterable[str]) -> None:
        """Bring the outputs of stages, as dvc.lock names them, into this workspace.

        Raises:
            ExchangeError: this failed.
        """
        if not (names := list(stages)):
            return
        try:
            self._repo.pull(names, force=True)
        except Exception as error:
            raise _failed("Its inputs cannot be fetched from", error) from error

    def check_inputs(self, stage: Stage, entry: Entry) -> None:
        """Refuse the result of a stage that has read something else than this workspace holds.

        Raises:
            ExchangeError: it has.
        """
        if _key(stage) == entry.key:
            return
        self._copy(self._remote, self._repo.cache.legacy, entry)
        there = cast(dict, self._cache._load_cache(entry.key, entry.value) or {})
        here = to_single_stage_lockfile(stage)
        differ = [dep["path"] for dep in here["deps"] if dep not in there.get("deps", [])]
        raise ExchangeError(
            f"{stage.addressing} has read another {', '.join(differ) or 'command or other parameters'} on its worker "
            "than there is here; run again, and change nothing meanwhile."
        )

    def find(self, stage: Stage) -> Entry | None:
        """Return what a stage that would read what this workspace holds has left in the remote, if anything.

        Raises:
            ExchangeError: the run-cache does not keep such stages, or the remote does not answer.
        """
        key = _key(stage)
        folder = self._path(key)
        try:
            found = sorted(self._remote.fs.find(folder)) if self._remote.fs.exists(folder) else []
        except Exception as error:
            raise _failed("Finished runs cannot be looked up in", error) from error
        return Entry(key, PurePosixPath(found[0]).name) if found else None

    def publish(self, stage: Stage) -> Entry:
        """Upload what a stage has written and then its entry; if another worker was faster, take its result instead.

        Raises:
            ExchangeError: this failed.
        """
        if (first := self.find(stage)) and self.accept(stage, first):
            return first
        entry = Entry(_get_stage_hash(stage), _get_cache_hash(to_single_stage_lockfile(stage)))
        what = f"The outputs of {stage.addressing} cannot be uploaded to"
        try:
            for objects in self._cache.get_used_objs([(entry.key, entry.value)]).values():
                if failed := self._repo.cloud.push(objects).failed:
                    raise DvcException(f"{len(failed)} files failed")
            self._copy(self._repo.cache.legacy, self._remote, entry)
        except Exception as error:
            raise _failed(what, error) from error
        return entry

    def accept(self, stage: Stage, entry: Entry) -> bool:
        """Bring the outputs of a stage that has run elsewhere into this workspace.

        Returns:
            Whether the remote has all of them; otherwise the workspace is as it was.

        Raises:
            ExchangeError: the entry is that of another stage, or the remote does not answer.
        """
        try:
            self._copy(self._remote, self._repo.cache.legacy, entry)
            recorded = cast(dict | None, self._cache._load_cache(entry.key, entry.value))
            if recorded is None:
                return False
            self._check(stage, entry, recorded)
            ran = self._cache._create_stage(recorded, wdir=stage.wdir)
            for objects in ran.get_used_objs().values():
                self._repo.cloud.pull(objects)
            if not ran.outs_cached():
                return False
            for out in ran.outs:
                _check_names(stage, out)
            stage.remove_outs(ignore_remove=False, force=False)
            ran.checkout(force=True)
        except ExchangeError:
            raise
        except FileNotFoundError:
            return False
        except Exception as error:
            raise _failed(f"The outputs of {stage.addressing} cannot be fetched from", error) from error
        return True

    def _check(self, stage: Stage, entry: Entry, recorded: dict) -> None:
        """Refuse an entry that is not about this stage: it comes from elsewhere, and names what will be written."""
        paths = [out["path"] for out in recorded.get("outs", [])]
        if (
            _get_cache_hash(recorded) != entry.value
            or _get_cache_hash({**recorded}, key=True) != entry.key
            or sorted(paths) != sorted(out.def_path for out in stage.outs)
        ):
            raise ExchangeError(
                f"The remote's entry {self._path(entry.key, entry.value)} is not one of {stage.addressing}; "
                "delete it there and run again."
            )

    def _copy(self, source: ObjectDB, target: ObjectDB, entry: Entry) -> None:
        part = _part(entry.key, entry.value)
        files.copy(source.fs, source.fs.join(source.path, *part), target.fs, target.fs.join(target.path, *part))

    def _path(self, *entry: str) -> str:
        return self._remote.fs.join(self._remote.path, *_part(*entry))


def _key(stage: Stage) -> str:
    stage.save_deps()
    if not _can_hash(stage):
        raise ExchangeError(
            f"{stage.addressing} has no inputs or no outputs that DVC's run-cache could keep, so it runs only "
            "where workers share the workspace."
        )
    return _get_stage_hash(stage)


def _part(key: str, *value: str) -> tuple[str, ...]:
    for name in (key, *value):
        if not re.fullmatch("[0-9a-f]{64}", name):
            raise ExchangeError(f"{name!r} is no name of an entry of the run-cache.")
    return ("runs", key[:2], key, *value)


def _check_names(stage: Stage, out: Output) -> None:
    """Refuse a folder whose list, which comes from the remote, leads out of it."""
    tree = out.get_obj()
    if isinstance(tree, Tree) and any({"", ".", ".."} & set(parts) for parts, *_ in tree):
        raise ExchangeError(f"{out.def_path} of {stage.addressing} as the remote has it leads out of its folder.")


def _failed(what: str, error: Exception) -> ExchangeError:
    return ExchangeError(f"{what} the DVC remote: {_flat(error)}; make room or mend the connection, and run again.")


def _flat(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
