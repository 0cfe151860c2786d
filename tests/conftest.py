"""Fixtures shared by several test files."""

from pathlib import Path

from resgrad.common.kernels import fix_instruction_set

fix_instruction_set("portable")  # before numpy and torch are imported

import pytest  # noqa: E402
import torch  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real-data", type=Path, help="folder with mnist/ and plantvillage/; runs the tests marked real")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--real-data") is None:
        skip = pytest.mark.skip(reason="needs --real-data PATH")
        for item in items:
            if "real" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def real_data(pytestconfig: pytest.Config) -> Path:
    """The folder with the real MNIST and PlantVillage files."""
    return pytestconfig.getoption("--real-data").resolve()


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """The same arithmetic on every machine, and fast on small tensors."""
    torch.set_num_threads(1)
