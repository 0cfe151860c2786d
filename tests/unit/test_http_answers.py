"""What a server may answer: a whole file, trouble that passes or stays, wrong bytes, too many, or no HTTP at all."""

import email.utils
import hashlib
import time

import pytest

from resgrad.download import http
from resgrad.download.http import DownloadError
from tests.unit.downloads import BODY, SHA256
from tests.unit.hostile_server import HostileServer, forever, raw, send, stall, status


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


def test_an_early_end_of_chunks_is_noticed(server, download):
    cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    error = download.fails(server.add("/file.bin", script=forever(raw(cut))), attempts=2)
    assert error.reason == "the connection broke off after 5 bytes (2 attempts)"


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


def test_what_was_there_stays_when_a_download_fails(server, download):
    download(server.add("/file.bin", BODY))
    with pytest.raises(DownloadError):
        download(server.add("/other.bin", script=[status(404)]))
    assert download.target.read_bytes() == BODY
