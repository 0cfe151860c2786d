"""A web server on 127.0.0.1 that misbehaves as real servers do.

Each path has a body and a script: what happens to the first request, the second, and so on; after the script, requests
are answered normally.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from typing import NamedTuple, Self


@dataclass
class Resource:
    body: bytes
    ranges: bool
    validators: bool
    script: Iterator["Behaviour"] = field(default_factory=lambda: iter(()))

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


class Request(NamedTuple):
    path: str
    headers: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    server: "HostileServer"

    def do_GET(self) -> None:
        self.server.requests.append(Request(self.path, dict(self.headers)))
        resource = self.server.resources.get(self.path.partition("?")[0])
        if resource is None:
            return status(404)(self, None)
        return next(resource.script, serve)(self, resource)

    def begin(self, resource: Resource) -> bytes:
        """Send status and headers; return the body that they declare."""
        body, code = resource.body, 200
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        unchanged = self.headers.get("If-Range") in {None, resource.etag}
        if resource.ranges and asked and unchanged:
            start = int(asked[1])
            if start >= len(body):
                status(416)(self, resource)
                return b""
            code, body = 206, body[start:]
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        if resource.validators:
            self.send_header("ETag", resource.etag)
        if code == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(resource.body) - 1}/{len(resource.body)}")
        self.end_headers()
        return body

    def log_message(self, *_: object) -> None:
        pass


Behaviour = Callable[[Handler, Resource], None]


def serve(handler: Handler, resource: Resource) -> None:
    handler.wfile.write(handler.begin(resource))


def break_off(after: int) -> Behaviour:
    """Close the connection after this many of the declared bytes."""

    def behave(handler: Handler, resource: Resource) -> None:
        handler.wfile.write(handler.begin(resource)[:after])

    return behave


def stall(after: int) -> Behaviour:
    """Stop sending after this many bytes, with the connection open, until the server is closed."""

    def behave(handler: Handler, resource: Resource) -> None:
        handler.wfile.write(handler.begin(resource)[:after])
        handler.wfile.flush()
        handler.server.closing.wait(10)

    return behave


def send(body: bytes) -> Behaviour:
    """Send another body as if it were right."""

    def behave(handler: Handler, resource: Resource) -> None:
        serve(handler, Resource(body, resource.ranges, resource.validators))

    return behave


def status(code: int, **headers: str) -> Behaviour:
    """Answer with only a status; ``retry_after="3"`` becomes the header ``retry-after: 3``."""

    def behave(handler: Handler, resource: Resource | None) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return behave


def raw(response: bytes) -> Behaviour:
    """Send these bytes, headers and all."""

    def behave(handler: Handler, resource: Resource) -> None:
        handler.wfile.write(response)

    return behave


class HostileServer(ThreadingHTTPServer):
    """Use as a context: ``with HostileServer() as server``; it serves from a thread until the block ends."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.resources: dict[str, Resource] = {}
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def add(
        self,
        path: str,
        body: bytes = b"",
        script: Iterable[Behaviour] = (),
        *,
        ranges: bool = True,
        validators: bool = True,
    ) -> str:
        """Serve a body at a path, after the script; return the address."""
        self.resources[path] = Resource(body, ranges, validators, iter(script))
        return self.url(path)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: the tests are about clients that hang up."""


forever = repeat
