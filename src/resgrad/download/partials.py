"""The part of a download received so far, kept on disk so that another process can resume after a kill."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from filelock import FileLock, Timeout

from resgrad.common.files import replacing


class InUseError(Exception):
    """Another process is downloading the same address."""


class Partial:
    """The first bytes of a file, and how to request the rest of the same file (RFC 9110, sections 13.1.5 and 14)."""

    def __init__(self, folder: Path) -> None:
        self.body = folder / "body"
        self._validator = folder / "validator"

    @property
    def size(self) -> int:
        """Number of bytes so far."""
        return self.body.stat().st_size if self.body.exists() else 0

    def headers(self) -> dict[str, str]:
        """Return the headers that request the missing bytes, provided that the file has not changed."""
        if not self.size or not self._validator.exists():
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self._validator.read_text()}

    def restart(self, response: requests.Response) -> None:
        """Drop all bytes, and remember the version of the file in the response if the response identifies it."""
        self.clear()
        if validator := _validator(response):
            with replacing(self._validator) as file:
                file.write_text(validator)

    def continued_by(self, response: requests.Response) -> bool:
        """Say whether a 206 response continues where the bytes end, in the same version of the file."""
        start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
        told = _validator(response)
        return start == str(self.size) and told in {None, self.headers().get("If-Range")}

    def clear(self) -> None:
        """Drop all bytes."""
        self._validator.unlink(missing_ok=True)  # first: bytes without it are never continued
        self.body.unlink(missing_ok=True)


@contextmanager
def partial_of(url: str, partials: Path) -> Iterator[Partial]:
    """Yield the part of an address received so far; afterwards keep what is still there: nothing once it was moved.

    Args:
        url: the address; a folder named by its hash holds the bytes.
        partials: the folder for such folders, which outlives the process.

    Raises:
        InUseError: another process is downloading it.
    """
    folder = partials / hashlib.sha256(url.encode()).hexdigest()[:32]
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise InUseError from None
    partial = Partial(folder)
    try:
        yield partial
    finally:
        if not partial.size:
            shutil.rmtree(folder)
        lock.release()


def _validator(response: requests.Response) -> str | None:
    """Return what identifies the version of the file byte for byte: a strong ETag, else the time of its last change."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")
