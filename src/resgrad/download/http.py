"""Download one file over HTTP: retried, resumed if the server allows it, verified, and in place only when complete."""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from tqdm import tqdm

from resgrad.common.errors import ResgradError
from resgrad.common.files import replacing
from resgrad.download.partials import InUseError, partial_of
from resgrad.download.store import digest
from resgrad.download.transfer import DownloadError, PassingError, Transfer, show

__all__ = ["AddressError", "DownloadError", "fetch", "show"]

TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and for the next bytes."""
ATTEMPTS = 5
"""Consecutive failures without a new byte before giving up, with pauses of 1, 2, 4 and 8 seconds."""
LONGEST_PAUSE = 60.0
"""Seconds; a longer pause that a server asks for in Retry-After is cut to this."""
MAX_BYTES = 16 * 2**30
"""Refuse more than this: five times all of PlantVillage in its largest variant."""


class AddressError(ResgradError, ValueError):
    """An address is of a kind that is not fetched from."""

    def __init__(self, url: str, allowed: str) -> None:
        super().__init__(f"{show(url)} cannot be used as an address: {allowed}.")


def fetch(
    url: str,
    target: Path,
    *,
    partials: Path,
    checksum: str | None = None,
    auth: AuthBase | None = None,
    max_bytes: int = MAX_BYTES,
    attempts: int = ATTEMPTS,
    timeout: tuple[float, float] = TIMEOUT,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download a file.

    The bytes received so far survive an error or a kill in ``partials``, and the next call resumes from there.
    ``target`` appears only when the file is complete and matches the checksum, if one is given.

    Args:
        url: http or https; a redirect may lead from http to https, never back.
        target: the file to write.
        partials: a folder for the bytes received so far.
        checksum: the expected one, ``sha256:...`` or ``md5:...``; a file that differs is fetched once more before
            giving up.
        auth: credentials; sent only to the host of ``url``, and only over https.
        max_bytes: refuse a longer file.
        attempts: consecutive failures before giving up; one that brought new bytes restarts the count.
        timeout: seconds to wait for a connection, and for the next bytes.
        sleep: waits the given seconds between attempts: 1, 2, 4, ..., or what the server asks for.

    Raises:
        AddressError: the address is not http or https, or contains a password.
        DownloadError: the file cannot be downloaded; the text says why.
        OSError: something cannot be written.
    """
    check_address(url)
    try:
        with partial_of(url, partials) as partial, requests.Session() as session:
            transfer = Transfer(
                url=url, partial=partial, session=session, auth=auth, timeout=timeout, max_bytes=max_bytes
            )
            _persist(transfer, attempts, sleep)
            if checksum and digest(partial.body, checksum) != checksum:
                partial.clear()
                _persist(transfer, attempts, sleep)
                if (found := digest(partial.body, checksum)) != checksum:
                    partial.clear()
                    raise DownloadError(url, f"its checksum is {found} instead of {checksum}, twice")
            with replacing(target) as place:
                shutil.move(partial.body, place)
    except InUseError:
        raise DownloadError(url, "another process is downloading it") from None


def _persist(transfer: Transfer, attempts: int, sleep: Callable[[float], None]) -> None:
    """Repeat the request until the file is complete, with growing pauses."""
    failures, longest = 0, transfer.partial.size
    while True:
        try:
            return transfer.request()
        except PassingError as error:
            failures = failures + 1 if transfer.partial.size <= longest else 1
            longest = max(longest, transfer.partial.size)
            if failures >= attempts:
                raise DownloadError(transfer.url, f"{error} ({attempts} attempts)") from error
            pause = min(2.0 ** (failures - 1) if error.pause is None else error.pause, LONGEST_PAUSE)
            tqdm.write(f"{show(transfer.url)}: {error}; trying again in {pause:.0f} s.", file=sys.stderr)
        sleep(pause)


def check_address(url: str) -> None:
    """Refuse an address that cannot be fetched, or that holds a password.

    Raises:
        AddressError: it cannot, or it does.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        parts, usable = None, False
    if parts is None or not usable:
        raise AddressError(url, "it must be of the form http://host/path or https://host/path")
    if "@" in parts.netloc:
        raise AddressError(url, "a user name or password in it would end up in Git; put them into ~/.netrc")
