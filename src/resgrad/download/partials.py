"""What has arrived of a download so far, kept on disk so that a killed process can be followed by one that goes on."""

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
    """The first bytes of a file, and how to ask for the rest of that same file (RFC 9110, sections 13.1.5 and 14)."""

    def __init__(self, folder: Path) -> None:
        self.body = folder / "body"
        self._validator = folder / "validator"

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.body.stat().st_size if self.body.exists() else 0

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for the missing bytes, provided that the file is still the same."""
        if not self.size or not self._validator.exists():
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self._validator.read_text()}

    def restart(self, response: requests.Response) -> None:
        """Drop all bytes and remember which state of the file the response brings, where it tells."""
        self.clear()
        if validator := _validator(response):
            with replacing(self._validator) as file:
                file.write_text(validator)

    def continued_by(self, response: requests.Response) -> bool:
        """Tell whether a 206 response goes on where the bytes end, in the same state of the file."""
        start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
        told = _validator(response)
        return start == str(self.size) and told in {None, self.headers().get("If-Range")}

    def clear(self) -> None:
        """Drop all bytes."""
        self._validator.unlink(missing_ok=True)  # first: bytes without it are never continued
        self.body.unlink(missing_ok=True)


@contextmanager
def partial_of(url: str, partials: Path) -> Iterator[Partial]:
    """Yield what has arrived of an address; afterwards keep what still lies there, which is nothing once it was moved.

    Args:
        url: the address; a folder named by its hash holds what has arrived.
        partials: the folder for such folders, which outlives the process.

    Raises:
        InUseError: another process is at it.
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
    """Return what identifies the state of the file byte for byte: a strong ETag, else the time of its last change."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")
