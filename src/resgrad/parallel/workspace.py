"""Where a worker works: in the workspace of the run itself, or in a copy of its own where it cannot see that."""

import io
import os
import secrets
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from resgrad.common.errors import ResgradError


class WorkspaceError(ResgradError):
    """What a workspace holds cannot be listed, or a worker cannot work where it is told to."""


class Workspace(Protocol):
    """Where workers are to work."""

    apart: bool
    """Whether results reach the workspace of the run by the DVC remote alone."""

    def enter(self, scratch: Path) -> None:
        """Make it the current folder of this process, a worker's.

        Args:
            scratch: a folder for this process alone, which is removed after it.

        Raises:
            WorkspaceError: this worker cannot work there.
        """
        ...


class Here:
    """The current folder, in which this process was started."""

    apart = False

    def enter(self, scratch: Path) -> None:
        """Stay."""


@dataclass(frozen=True)
class Shared:
    """The folder of the run, by the same path on every machine.

    A path may mean another folder on another machine: a token in it tells.

    Attributes:
        folder: absolute.
        token: name of an empty file in its ``.dvc/tmp``, there for as long as the run.
    """

    folder: Path
    token: str
    apart = False

    def seen(self) -> bool:
        """Tell whether this process can see the folder, and write there."""
        try:
            return (self.folder / ".dvc/tmp" / self.token).is_file() and os.access(self.folder, os.W_OK)
        except OSError:
            return False

    def enter(self, scratch: Path) -> None:  # noqa: ARG002
        if not self.seen():
            raise WorkspaceError(
                f"it cannot see {self.folder}, in which the other workers work; start the run again, "
                "so that results go by the DVC remote."
            )
        os.chdir(self.folder)


@dataclass(frozen=True)
class Sent:
    """A copy of the run's files, unpacked by each worker for itself, with a DVC cache of its own.

    Attributes:
        archive: a tar file; it is not trusted with where its members go.
    """

    archive: bytes
    apart = True

    def enter(self, scratch: Path) -> None:
        folder = scratch / "workspace"
        try:
            folder.mkdir()
            _unpack(self.archive, folder)
            (folder / ".dvc").mkdir(exist_ok=True)
            (folder / ".dvc/config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
        except (tarfile.TarError, OSError) as error:
            raise WorkspaceError(f"it cannot unpack the files of the run in {folder}: {error}.") from error
        os.chdir(folder)


@contextmanager
def token() -> Iterator[str]:
    """Leave a file in the workspace by which workers recognise it; yield its name."""
    name = f"run-{secrets.token_hex(16)}"
    path = Path(".dvc/tmp") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    try:
        yield name
    finally:
        path.unlink(missing_ok=True)


def pack(read: Iterable[str]) -> bytes:
    """Return the files of the workspace as they are, uncommitted changes included, as a tar file.

    These are the files that Git tracks and, among those that it neither tracks nor ignores, those that stages read. A
    link to a file is sent as that file.

    Args:
        read: files and folders that stages depend on.

    Raises:
        WorkspaceError: this is no Git repository, or a link in it leads to a folder.
    """
    names = {*_listed("--cached"), *_listed("--others", "--exclude-standard", "--", *read)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1, dereference=True) as tar:
        for name in sorted(names - {".dvc/config.local"}):
            path = Path(name)
            if path.is_symlink() and path.is_dir():
                raise WorkspaceError(
                    f"The link {name} leads to a folder and cannot be sent to the workers; take it out of Git, "
                    "or run where every worker sees this folder."
                )
            if path.is_file():
                tar.add(name, recursive=False)
    return packed.getvalue()


def _unpack(archive: bytes, folder: Path) -> None:
    # Not by `extractall(filter="data")`, which Python has from 3.11.4 only.
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            name = PurePosixPath(member.name)
            content = tar.extractfile(member) if member.isreg() else None
            if content is None or name.is_absolute() or ".." in name.parts:
                raise WorkspaceError(
                    f"it cannot unpack the files of the run in {folder}: {member.name!r} is no file within it."
                )
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
            path.chmod(0o600 | member.mode & 0o777)


def _listed(*which: str) -> list[str]:
    done = subprocess.run(["git", "--literal-pathspecs", "ls-files", "-z", *which], capture_output=True, check=False)
    if done.returncode:
        raise WorkspaceError(
            f"Git cannot list what to send to the workers ({os.fsdecode(done.stderr).strip()}); "
            "run in a Git repository, or where every worker sees this folder."
        )
    return os.fsdecode(done.stdout).split("\0")[:-1]
