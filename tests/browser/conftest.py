"""Requirements of the plots' tests besides Python packages: without them the tests skip, and fail in CI."""

import shutil

import pytest

from tests.missing import missing
from tests.paths import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def node() -> str:
    """The JavaScript runtime, with DVC's Vega beside the tests."""
    program = shutil.which("node")
    if program is None or not (ROOT / "tests/browser/node_modules/vega-lite").exists():
        missing("needs Node.js, and Vega from npm: `make browser`")
    return program


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing(f"needs a browser: one of {', '.join(BROWSERS)}")
    return program


@pytest.fixture(scope="session")
def vl_convert():
    """The package that contains the Vega of this project's page."""
    try:
        import vl_convert  # noqa: PLC0415
    except ImportError:
        missing("needs vl-convert-python, which `make` installs")
    return vl_convert
