"""A download that breaks off goes on where it broke, if what is there is of the same file, and starts again if not."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from resgrad.download import http
from resgrad.download.transfer import CHUNK
from tests.unit.downloads import BODY, SHA256
from tests.unit.hostile_server import break_off, forever, raw, stall, status

SRC = str(Path(http.__file__).parents[2])
BROKEN = 200_000  # bytes sent before breaking off; more than one chunk, less than the whole


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


def test_a_resumed_download_follows_the_redirect_again(server, download):
    server.add("/file.bin", BODY, [break_off(BROKEN)])
    assert download(server.add("/moved", script=forever(status(302, location="/file.bin")))) == BODY
    assert [request.path for request in server.requests] == ["/moved", "/file.bin"] * 2
    assert _start(server.requests[3].headers) > 0


def test_two_processes_do_not_download_into_each_other(server, download):
    url = server.add("/file.bin", BODY, [break_off(BROKEN)])
    with pytest.raises(KeyboardInterrupt):
        download(url, sleep=_interrupt)
    with FileLock(next(download.partials.glob("*/lock"))):
        assert "another process" in str(download.fails(url))
    assert download(url) == BODY


def _start(headers: dict[str, str]) -> int:
    return int(headers["Range"].removeprefix("bytes=").removesuffix("-"))


def _interrupt(_: float) -> None:
    raise KeyboardInterrupt
