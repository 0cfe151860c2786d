"""Verified files, kept by their checksum where DVC deletes nothing, so that they are fetched only once.

DVC deletes an output before its stage runs again, for instance because its code has changed. The official files have
not changed: they are taken from here after their checksum has been verified again.
"""

import hashlib
import re
import shutil
from pathlib import Path

from resgrad.common.files import replacing

CHECKSUM = re.compile("(sha256:[0-9a-f]{64})|(md5:[0-9a-f]{32})")
"""The form of a checksum: the algorithm, a colon, and hexadecimal digits."""


class Store:
    """A folder of files, each named by its checksum; a file may also have a chosen name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, checksum: str, target: Path) -> bool:
        """Copy a file out of the store if it is there and undamaged; return whether it is."""
        kept = self._place(checksum)
        if not kept.exists() or digest(kept, checksum) != checksum:
            return False
        with replacing(target) as partial:
            shutil.copyfile(kept, partial)
        return True

    def take_named(self, name: str, target: Path) -> bool:
        """Copy a file kept under a name out of the store if it is there and undamaged; return whether it is."""
        entry = self._folder / f"{name}.checksum"
        checksum = entry.read_text(encoding="utf-8").strip() if entry.exists() else ""
        return bool(CHECKSUM.fullmatch(checksum)) and self.take(checksum, target)

    def keep(self, file: Path, checksum: str) -> None:
        """Copy a file into the store."""
        with replacing(self._place(checksum)) as partial:
            shutil.copyfile(file, partial)

    def keep_named(self, file: Path, name: str) -> None:
        """Copy a file without a published checksum into the store, under a name."""
        checksum = digest(file)
        self.keep(file, checksum)
        with replacing(self._folder / f"{name}.checksum") as partial:
            partial.write_text(f"{checksum}\n", encoding="utf-8")

    def _place(self, checksum: str) -> Path:
        return self._folder / checksum.replace(":", "-")


def digest(path: Path, like: str = "sha256:") -> str:
    """Return the checksum of a file, with the algorithm of the checksum ``like``: ``sha256:...`` or ``md5:...``."""
    algorithm = like.partition(":")[0]
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"
