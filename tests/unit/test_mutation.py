"""The modules that mutation testing tries, and their tests."""

import pytest

from tests.mutation.modules import TESTS
from tests.paths import ROOT


@pytest.mark.parametrize("module", TESTS)
def test_a_module_and_its_tests_are_there(module):
    assert list((ROOT / "src/resgrad").glob(module))
    assert [test for test in TESTS[module] if not (ROOT / f"tests/unit/{test}.py").exists()] == []
