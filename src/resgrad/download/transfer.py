"""One HTTP request for the missing part of a file: redirects, status, body, and the meaning of each failure."""

import email.utils
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.auth import AuthBase
from tqdm import tqdm

from resgrad.common.errors import ResgradError
from resgrad.download.partials import Partial

CHUNK = 2**16
"""Bytes per read, and the most that a broken connection can lose."""
MAX_REDIRECTS = 10
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Temporary status codes: timeout, too early, too many requests, and server errors."""


class DownloadError(ResgradError, RuntimeError):
    """A file cannot be downloaded, and an immediate retry will not help.

    Attributes:
        reason: what happened, without the address.
        status: the HTTP status code, if that was the reason.
    """

    def __init__(self, url: str, reason: str, status: int | None = None) -> None:
        super().__init__(
            f"{show(url)} cannot be downloaded: {reason}; "
            "try again later, or fetch it by other means and give its path as the source."
        )
        self.reason = reason
        self.status = status


class PassingError(Exception):
    """A failure that the next attempt may not meet.

    Attributes:
        pause: seconds to wait before that attempt, if there is a reason for a certain pause.
    """

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


def show(url: str) -> str:
    """Return an address without user name, password and query, which may be secret, for printing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "What is given"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A download whose bytes go to ``partial``; see :func:`resgrad.download.http.fetch` for the rest."""

    url: str
    partial: Partial
    session: requests.Session
    auth: AuthBase | None
    timeout: tuple[float, float]
    max_bytes: int

    def request(self) -> None:
        """Request the missing part once, and append what arrives.

        Raises:
            PassingError: it did not arrive, or not completely.
            DownloadError: it will not arrive.
            OSError: it cannot be written.
        """
        try:
            with self._open() as response:
                self._check_status(response)
                if response.status_code == requests.codes.ok:
                    self.partial.restart(response)
                self._receive(response)
        except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
            raise PassingError(self._cause(error)) from error
        except (
            requests.RequestException,
            ValueError,
        ) as error:  # ValueError: the server redirects to an invalid address
            raise self._failure(
                f"the address or the server breaks the rules of HTTP ({type(error).__name__})"
            ) from None

    def _open(self) -> requests.Response:
        """Follow redirects to the final response, without reading its body."""
        # identity: the bytes as stored on the server, so that offsets and checksums are meaningful.
        headers = {"Accept-Encoding": "identity", **self.partial.headers()}
        hops = [self.url]
        while True:
            response = self.session.get(
                hops[-1],
                headers=headers,
                auth=self.auth if _same_secure_host(hops[-1], self.url) else None,
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
            )
            if not response.is_redirect:
                return response
            response.close()
            hops.append(self._next_hop(response, hops))

    def _next_hop(self, response: requests.Response, hops: list[str]) -> str:
        following = urljoin(hops[-1], self.session.get_redirect_target(response))
        scheme = urlsplit(following).scheme
        if following in hops:
            raise self._failure(f"it redirects in a circle ({' -> '.join(map(show, [*hops, following]))})")
        if len(hops) > MAX_REDIRECTS:
            raise self._failure(f"it redirects more than {MAX_REDIRECTS} times")
        if scheme != "https" and (scheme != "http" or urlsplit(hops[-1]).scheme == "https"):
            raise self._failure(f"{show(hops[-1])} redirects to {show(following)}, which is not protected as it is")
        return following

    def _check_status(self, response: requests.Response) -> None:
        """Return if the body should be read; raise otherwise."""
        status = response.status_code
        if status == requests.codes.range_not_satisfiable and self.partial.size:
            self.partial.clear()
            raise PassingError("the server does not know the part that is missing", pause=0)
        if status == requests.codes.partial_content and not self.partial.continued_by(response):
            self.partial.clear()
            raise PassingError("the server went on with something else than the part that is missing", pause=0)
        if status in RETRIED:
            raise PassingError(f"the server answers {status} {response.reason}", _retry_after(response))
        if status not in {requests.codes.ok, requests.codes.partial_content}:
            raise self._failure(f"the server answers {status} {response.reason}", status)

    def _receive(self, response: requests.Response) -> None:
        """Append a body to the bytes received so far."""
        arrived = self.partial.size
        whole = _whole(response, arrived)
        if whole is not None and whole > self.max_bytes:
            self.partial.clear()
            raise self._failure(f"it has {whole:,} bytes, where {self.max_bytes:,} are allowed")
        bar = tqdm(
            desc=urlsplit(self.url).path.rpartition("/")[2],
            initial=arrived,
            total=whole,
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            disable=None,
            leave=False,
        )
        with self.partial.body.open("ab") as file, bar:
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                arrived += len(chunk)
                if arrived > self.max_bytes:
                    self.partial.clear()
                    raise self._failure(f"it has more than the {self.max_bytes:,} bytes that are allowed")
                file.write(chunk)
                bar.update(len(chunk))
        if whole is not None and arrived < whole:  # a server may send less than was requested
            raise PassingError(f"the server stopped after {arrived:,} of {whole:,} bytes", pause=0)

    def _cause(self, error: BaseException) -> str:
        """Say briefly why a connection failed; the libraries' own texts repeat the address with all its secrets."""
        if isinstance(error, requests.ConnectTimeout):
            return f"the server was not reached within {self.timeout[0]:g} s"
        if isinstance(error, requests.Timeout | urllib3.exceptions.ReadTimeoutError):
            return f"nothing arrived for {self.timeout[1]:g} s"
        innermost = error
        while inner := innermost.__cause__ or innermost.__context__:
            innermost = inner
        told = innermost.strerror if isinstance(innermost, OSError) else None
        return (
            f"the connection failed: {told}" if told else f"the connection broke off after {self.partial.size:,} bytes"
        )

    def _failure(self, reason: str, status: int | None = None) -> DownloadError:
        return DownloadError(self.url, reason, status)


def _same_secure_host(url: str, first: str) -> bool:
    here, there = urlsplit(url), urlsplit(first)
    return here.scheme == "https" and (here.hostname, here.port) == (there.hostname, there.port)


def _whole(response: requests.Response, arrived: int) -> int | None:
    """Return the size of the whole file, from the headers of a partial or full response; None if they lack it."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    if response.status_code == requests.codes.partial_content and _is_size(total):
        return int(total)
    length = response.headers.get("Content-Length", "")
    return arrived + int(length) if _is_size(length) else None


def _is_size(text: str) -> bool:
    return text.isdecimal() and len(text) < 20  # int() refuses thousands of digits


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that the server asks to wait, as a number or a date (RFC 9110, section 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
