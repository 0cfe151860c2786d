"""Where a download leads: addresses, redirects, and the secrets that no other host is told."""

import io

import pytest
import requests
import urllib3
from requests.auth import HTTPBasicAuth

from resgrad.download.http import AddressError
from tests.unit.downloads import BODY
from tests.unit.hostile_server import forever, status


def test_redirects_are_followed(server, download):
    server.add("/file.bin", BODY)
    url = server.add("/moved", script=[status(302, location="/away?key=1"), status(302, location="/away?key=2")])
    server.add("/away", script=forever(status(307, location=server.url("/file.bin"))))
    assert download(url) == BODY


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
