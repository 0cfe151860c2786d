import email.utils
import hashlib
import io
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import urllib3
from filelock import FileLock
from requests.auth import HTTPBasicAuth

from resgrad.download import http
from resgrad.download.http import AddressError, DownloadError
from resgrad.download.transfer import CHUNK
from tests.unit.hostile_server import HostileServer, break_off, forever, raw, send, stall, status

BODY = random.Random(0).randbytes(300_000)  # noqa: S311
SHA256 = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
SRC = str(Path(http.__file__).parents[2])
BROKEN = 200_000  # bytes sent before breaking off; more than one chunk, less than the whole


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Download:
    """A download into its own folder, which records how long it would have slept."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "out" / "file.bin"
        self.partials = folder / "partials"
        self.slept: list[float] = []

    def __call__(self, url: str, **options: object) -> bytes:
        options = {"timeout": (2.0, 2.0), "sleep": self.slept.append, **options}
        http.fetch(url, self.target, partials=self.partials, **options)
        return self.target.read_bytes()

    def fails(self, url: str, **options: object) -> DownloadError:
        with pytest.raises(DownloadError) as caught:
            self(url, **options)
        assert not self.target.exists()
        assert not self.target.parent.exists() or not list(self.target.parent.iterdir())
        return caught.value

    def left(self) -> list[str]:
        return sorted(file.name for file in self.partials.rglob("*") if file.is_file())


@pytest.fixture
def download(tmp_path: Path) -> Download:
    return Download(tmp_path)


def test_a_whole_file_arrives_and_nothing_else_is_left(server, download):
    assert download(server.add("/file.bin", BODY), checksum=SHA256) == BODY
    assert download.left() == []
    assert list(download.partials.iterdir()) == []
    assert download.slept == []
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


def test_a_file_without_announced_length_arrives(server, download):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    assert download(server.add("/file.bin", script=[raw(chunked)])) == b"hello"


def test_an_empty_file_arrives(server, download):
    assert download(server.add("/file.bin", b"")) == b""


def test_bytes_are_taken_as_sent_even_where_the_server_calls_them_an_encoding(server, download):
    body = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8bab"
    assert download(server.add("/file.gz", script=[raw(body)])) == b"\x1f\x8bab"


def test_a_broken_connection_is_resumed_where_it_broke(server, download, capsys):
    assert download(server.add("/file.bin", BODY, [break_off(BROKEN)]), checksum=SHA256) == BODY
    first, second = server.requests
    assert "Range" not in first.headers
    assert BROKEN - CHUNK < _start(second.headers) <= BROKEN
    assert second.headers["If-Range"] == server.resources["/file.bin"].etag
    assert download.slept == [1.0]
    assert "trying again in 1 s" in capsys.readouterr().err


def test_without_range_support_a_broken_download_starts_again(server, download):
    url = server.add("/file.bin", BODY, [break_off(BROKEN), break_off(BROKEN)], ranges=False)
    assert download(url, checksum=SHA256) == BODY
    assert len(server.requests) == 3


def test_what_nothing_identifies_is_not_resumed(server, download):
    url = server.add("/file.bin", BODY, [break_off(BROKEN)], validators=False)
    assert download(url, checksum=SHA256) == BODY
    assert "Range" not in server.requests[1].headers


@pytest.mark.parametrize(
    ("headers", "if_range"),
    [
        ('ETag: "strong"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n', '"strong"'),
        ('ETag: W/"weak"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n', "Mon, 01 Jan 2024 00:00:00 GMT"),
        ('ETag: W/"weak"\r\n', None),
    ],
)
def test_only_what_identifies_every_byte_is_trusted_to_resume(server, download, headers, if_range):
    cut = f"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n{headers}\r\n12345".encode()
    download(server.add("/file.bin", b"1234567890", [raw(cut)]))
    assert server.requests[1].headers.get("If-Range") == if_range
    assert ("Range" in server.requests[1].headers) == (if_range is not None)


def test_an_interrupted_download_keeps_what_has_arrived(server, download):
    with pytest.raises(KeyboardInterrupt):
        download(server.add("/file.bin", BODY, [break_off(BROKEN)]), sleep=_interrupt)
    assert not download.target.exists()
    assert download.left() == ["body", "lock", "validator"]


def test_a_killed_download_is_resumed_by_the_next_process(server, download):
    url = server.add("/file.bin", BODY, [stall(BROKEN)])
    target, partials = str(download.target), str(download.partials)
    code = f"""
from pathlib import Path
from resgrad.download import http
http.fetch({url!r}, Path({target!r}), partials=Path({partials!r}))
"""
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": SRC}) as process:
        while sum(path.stat().st_size for path in download.partials.glob("*/body")) < CHUNK:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    assert not download.target.exists()
    assert download(url, checksum=SHA256) == BODY
    assert CHUNK <= _start(server.requests[1].headers) <= BROKEN
    assert download.left() == []


def test_a_file_that_changed_in_between_starts_again(server, download):
    url = server.add("/file.bin", bytes(300_000), [break_off(BROKEN)])
    with pytest.raises(KeyboardInterrupt):
        download(url, sleep=_interrupt)
    server.add("/file.bin", BODY)
    assert download(url) == BODY


def test_a_state_that_is_no_longer_known_is_not_resumed(server, download):
    known = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "known"\r\n\r\n12345'
    unknown = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567"
    assert download(server.add("/file.bin", b"abcdefghij", [raw(known), raw(unknown)])) == b"abcdefghij"
    assert [request.headers.get("If-Range") for request in server.requests] == [None, '"known"', None]


def test_a_server_that_resumes_another_file_is_not_believed(server, download):
    stranger = b'HTTP/1.1 206 OK\r\nContent-Length: 2\r\nContent-Range: bytes %d-%d/%d\r\nETag: "other"\r\n\r\nxx'
    start = 2 * CHUNK
    url = server.add("/file.bin", BODY, [break_off(start), raw(stranger % (start, start + 1, start + 2))])
    assert download(url) == BODY
    assert [("Range" in request.headers) for request in server.requests] == [False, True, False]


def test_a_server_that_resumes_elsewhere_is_not_believed(server, download):
    elsewhere = b"HTTP/1.1 206 OK\r\nContent-Length: 2\r\nContent-Range: bytes 7-8/9\r\n\r\nxx"
    assert download(server.add("/file.bin", BODY, [break_off(BROKEN), raw(elsewhere)])) == BODY


def test_a_server_that_sends_less_than_the_rest_is_asked_for_what_remains(server, download):
    cut = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "%s"\r\n\r\nabcd'
    part = b"HTTP/1.1 206 OK\r\nContent-Length: 2\r\nContent-Range: bytes 4-5/10\r\n\r\nef"
    url = server.add("/file.bin", b"abcdefghij")
    etag = server.resources["/file.bin"].etag.strip('"').encode()
    server.add("/file.bin", b"abcdefghij", [raw(cut % etag), raw(part)])
    assert download(url) == b"abcdefghij"
    assert _start(server.requests[2].headers) == 6


def test_a_refused_range_starts_again(server, download):
    assert download(server.add("/file.bin", BODY, [break_off(BROKEN), status(416)])) == BODY
    assert download.slept == [1.0, 0]


def test_an_early_end_of_chunks_is_noticed(server, download):
    cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    error = download.fails(server.add("/file.bin", script=forever(raw(cut))), attempts=2)
    assert error.reason == "the connection broke off after 5 bytes (2 attempts)"


def test_a_download_that_keeps_breaking_off_is_given_up(server, download):
    error = download.fails(server.add("/file.bin", BODY, forever(break_off(BROKEN)), ranges=False))
    assert "broke off after" in error.reason
    assert download.slept == [1.0, 2.0, 4.0, 8.0]


def test_failures_that_bring_new_bytes_are_not_held_against_a_server(server, download):
    pieces = 2 * http.ATTEMPTS
    body = BODY * 4
    url = server.add("/file.bin", body, [break_off(len(body) // pieces)] * (pieces - 1))
    assert download(url) == body
    assert set(download.slept) == {1.0}


def test_a_stall_is_noticed_and_resumed(server, download):
    assert download(server.add("/file.bin", BODY, [stall(BROKEN)]), timeout=(2, 0.1), checksum=SHA256) == BODY
    assert _start(server.requests[1].headers) > 0


def test_a_server_that_never_answers_is_given_up(server, download):
    error = download.fails(server.add("/file.bin", BODY, forever(stall(0))), timeout=(2, 0.05), attempts=2)
    assert error.reason == "nothing arrived for 0.05 s (2 attempts)"


def test_wrong_bytes_are_fetched_once_more(server, download):
    assert download(server.add("/file.bin", BODY, [send(b"wrong")]), checksum=SHA256) == BODY
    assert "Range" not in server.requests[1].headers
    assert download.slept == []


def test_bytes_that_stay_wrong_are_refused(server, download):
    error = download.fails(server.add("/file.bin", b"wrong"), checksum=SHA256)
    assert hashlib.sha256(b"wrong").hexdigest() in str(error)
    assert SHA256 in str(error)
    assert len(server.requests) == 2
    assert download.left() == []


def test_redirects_are_followed(server, download):
    server.add("/file.bin", BODY)
    url = server.add("/moved", script=[status(302, location="/away?key=1"), status(302, location="/away?key=2")])
    server.add("/away", script=forever(status(307, location=server.url("/file.bin"))))
    assert download(url) == BODY


def test_a_resumed_download_follows_the_redirect_again(server, download):
    server.add("/file.bin", BODY, [break_off(BROKEN)])
    assert download(server.add("/moved", script=forever(status(302, location="/file.bin")))) == BODY
    assert [request.path for request in server.requests] == ["/moved", "/file.bin"] * 2
    assert _start(server.requests[3].headers) > 0


def test_a_circle_of_redirects_is_named(server, download):
    server.add("/b", script=forever(status(302, location="/a")))
    error = download.fails(server.add("/a", script=forever(status(301, location="/b"))))
    assert "in a circle" in str(error)
    assert f"{server.url('/a')} -> {server.url('/b')} -> {server.url('/a')}" in str(error)
    assert len(server.requests) == 2


def test_endless_redirects_are_cut(server, download):
    for step in range(20):
        server.add(f"/{step}", script=forever(status(302, location=f"/{step + 1}")))
    assert "more than 10 times" in str(download.fails(server.url("/0")))


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/file.bin", "file:///etc/passwd"])
def test_a_redirect_to_anything_but_http_is_refused(server, download, location):
    error = download.fails(server.add("/a", script=[status(302, location=location)]))
    assert f"/a redirects to {location}" in str(error)


def test_a_redirect_to_nonsense_is_refused(server, download):
    error = download.fails(server.add("/a", script=[status(302, location="http://[::1")]))
    assert "breaks the rules of HTTP" in str(error)


@pytest.mark.parametrize("code", [401, 403, 404, 410, 204])
def test_what_will_not_change_is_not_tried_again(server, download, code):
    error = download.fails(server.add("/file.bin", BODY, [status(code)]))
    assert error.status == code
    assert str(code) in str(error)
    assert server.url("/file.bin") in str(error)
    assert len(server.requests) == 1
    assert not list(download.partials.iterdir())


def test_a_server_in_trouble_is_asked_again(server, download):
    assert download(server.add("/file.bin", BODY, [status(503), status(500), status(429)])) == BODY
    assert download.slept == [1.0, 2.0, 4.0]


def test_a_server_that_stays_in_trouble_is_given_up(server, download):
    error = download.fails(server.add("/file.bin", BODY, forever(status(503))))
    assert "503 Service Unavailable (5 attempts)" in str(error)
    assert download.slept == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7), ("86400", http.LONGEST_PAUSE), ("soon", 1), ("-3", 1)])
def test_a_server_may_ask_for_patience(server, download, asked, waited):
    download(server.add("/file.bin", BODY, [status(503, retry_after=asked)]))
    assert download.slept == [waited]


def test_patience_may_be_asked_for_as_a_date(server, download):
    then = email.utils.formatdate(time.time() + 20, usegmt=True)
    download(server.add("/file.bin", BODY, [status(503, retry_after=then)]))
    assert 15 < download.slept[0] <= 20


def test_an_announced_excess_is_refused_before_it_is_read(server, download):
    error = download.fails(server.add("/file.bin", BODY), max_bytes=1000)
    assert "it has 300,000 bytes, where 1,000 are allowed" in str(error)
    assert download.left() == []


def test_an_unannounced_excess_is_cut(server, download):
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
    assert "more than the 1,000 bytes" in str(download.fails(server.add("/f", script=[raw(endless)]), max_bytes=1000))
    assert download.left() == []


def test_a_server_that_is_not_there_is_named(download):
    with HostileServer() as server:
        url = server.url("/file.bin")
    error = download.fails(url, attempts=2)
    assert error.reason == "the connection failed: Connection refused (2 attempts)"


def test_what_is_no_http_is_noticed(server, download):
    error = download.fails(server.add("/file.bin", script=forever(raw(b"220 ftp ready\r\n"))), attempts=2)
    assert error.reason == "the connection broke off after 0 bytes (2 attempts)"


@pytest.mark.parametrize("url", ["ftp://host/file", "file:///etc/passwd", "http://", "http://[::1/file"])
def test_other_addresses_are_refused(download, url):
    with pytest.raises(AddressError, match="must be of the form http://"):
        download(url)


def test_a_password_in_an_address_is_refused_and_not_repeated(download):
    with pytest.raises(AddressError, match=r"https://host\.invalid/file .* ~/\.netrc") as caught:
        download("https://me:secret@host.invalid/file?token=secret")
    assert "secret" not in str(caught.value)


def test_a_query_is_not_repeated(server, download, capsys):
    server.add("/file.bin", BODY, forever(status(503)))
    error = download.fails(server.url("/file.bin?signature=secret"))
    assert "secret" not in str(error) + capsys.readouterr().err
    assert server.requests[0].path == "/file.bin?signature=secret"


def test_two_processes_do_not_download_into_each_other(server, download):
    url = server.add("/file.bin", BODY, [break_off(BROKEN)])
    with pytest.raises(KeyboardInterrupt):
        download(url, sleep=_interrupt)
    with FileLock(next(download.partials.glob("*/lock"))):
        assert "another process" in str(download.fails(url))
    assert download(url) == BODY


def test_what_was_there_stays_when_a_download_fails(server, download):
    download(server.add("/file.bin", BODY))
    with pytest.raises(DownloadError):
        download(server.add("/other.bin", script=[status(404)]))
    assert download.target.read_bytes() == BODY


class Web:
    """A replacement for https:// without a network: redirects by address, and the credentials sent to each."""

    def __init__(self) -> None:
        self.redirects: dict[str, str] = {}
        self.sent: dict[str, str | None] = {}

    def answer(self, request: requests.PreparedRequest) -> requests.Response:
        self.sent[request.url] = request.headers.get("Authorization")
        response = requests.Response()
        response.request, response.url = request, request.url
        response.status_code = 200
        response.raw = urllib3.HTTPResponse(io.BytesIO(BODY), preload_content=False)
        if target := self.redirects.get(request.url):
            response.status_code = 302
            response.headers["Location"] = target
        return response


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    web = Web()
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda _, request, **__: web.answer(request))
    return web


ME = HTTPBasicAuth("me", "secret")


def test_credentials_stay_with_the_host_they_are_for(web, download):
    web.redirects = {
        "https://home.invalid/set": "https://home.invalid/v1",
        "https://home.invalid/v1": "https://home.invalid:8443/v1",
        "https://home.invalid:8443/v1": "https://storage.invalid/file",
    }
    assert download("https://home.invalid/set", auth=ME) == BODY
    mine = "Basic bWU6c2VjcmV0"  # base64 of me:secret
    assert list(web.sent.values()) == [mine, mine, None, None]


def test_credentials_are_not_sent_unprotected(web, download):
    web.redirects = {"http://home.invalid/set": "https://home.invalid/set"}
    assert download("http://home.invalid/set", auth=ME) == BODY
    assert web.sent["http://home.invalid/set"] is None


def test_protection_is_not_given_up_on_the_way(web, download):
    web.redirects = {"https://home.invalid/set": "http://home.invalid/set"}
    assert "not protected" in str(download.fails("https://home.invalid/set", auth=ME))
    assert list(web.sent) == ["https://home.invalid/set"]


def _start(headers: dict[str, str]) -> int:
    return int(headers["Range"].removeprefix("bytes=").removesuffix("-"))


def _interrupt(_: float) -> None:
    raise KeyboardInterrupt
