"""Verified files, kept by their SHA-256 where DVC deletes nothing: what was fetched once is not fetched again.

DVC deletes an output before its stage runs anew, for instance because its code has changed. The official files have
not: they are taken from here once their checksum has been verified again.
"""

import hashlib
import re
import shutil
from pathlib import Path

from resgrad.common.files import replacing


class Store:
    """A folder of files, each named by its SHA-256; a name of one's own may stand for a file too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, sha256: str, target: Path) -> bool:
        """Copy a file out of the store, if it is there and undamaged; say whether it is."""
        kept = self._folder / sha256
        if not kept.exists() or digest(kept) != sha256:
            return False
        with replacing(target) as partial:
            shutil.copyfile(kept, partial)
        return True

    def take_named(self, name: str, target: Path) -> bool:
        """Copy out of the store what was kept under a name, if it is there and undamaged; say whether it is."""
        entry = self._folder / f"{name}.sha256"
        sha256 = entry.read_text(encoding="utf-8").strip() if entry.exists() else ""
        return bool(re.fullmatch("[0-9a-f]{64}", sha256)) and self.take(sha256, target)

    def keep(self, file: Path, name: str | None = None) -> None:
        """Copy a file into the store; with a name, for files of which no checksum is published."""
        sha256 = digest(file)
        with replacing(self._folder / sha256) as partial:
            shutil.copyfile(file, partial)
        if name is not None:
            with replacing(self._folder / f"{name}.sha256") as partial:
                partial.write_text(f"{sha256}\n", encoding="utf-8")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
