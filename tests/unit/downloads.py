"""A file to download, and a download of it into a folder of its own."""

import hashlib
import random
from pathlib import Path

import pytest

from resgrad.download import http
from resgrad.download.http import DownloadError

BODY = random.Random(0).randbytes(300_000)  # noqa: S311
SHA256 = f"sha256:{hashlib.sha256(BODY).hexdigest()}"


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
