"""Any processor computes the committed results."""

import re

import pytest

from resgrad.common.processor import describe_processor
from tests.golden import COMMITTED, cases, committed, golden, versions
from tests.paths import ROOT


@pytest.mark.parametrize("case", cases())
def test_this_processor_computes_what_is_committed(case):
    machine = describe_processor()
    assert golden(case) == committed()[case], f"{case} on {machine['processor']} with {machine['instruction_set']}"


def test_every_kind_has_its_hash_and_no_two_networks_the_same():
    """Except plain twins of different kinds that are the same network."""
    hashes = COMMITTED["sha256"]
    assert list(hashes) == cases(), "make golden"
    different = [sha for case, sha in hashes.items() if case not in SAME_PLAIN_TWIN]
    assert len({*different}) == len(different)


SAME_PLAIN_TWIN = {
    "cifar_preactivation plain 8",
    "cifar_preactivation_bottleneck plain 8",
    "cifar_residual_in_residual plain 8",
    "cifar_wide plain 16",
}


def test_the_hashes_belong_to_the_versions_of_the_lock():
    """To the versions for one Python: the lock has another numpy for others."""
    locked = re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.M)
    assert set(COMMITTED["versions"].items()) <= set(locked), "make golden"


def test_other_versions_are_not_held_to_the_hashes_but_in_ci_that_is_an_error(monkeypatch):
    monkeypatch.setattr("tests.golden.versions", lambda: {**versions(), "numpy": "1.0"})
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(
        pytest.skip.Exception, match=r"numpy 1\.0, .*torch [\d.]+ here; .* numpy [\d.]+, .*torch [\d.]+$"
    ):
        committed()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"numpy 1\.0"):
        committed()
