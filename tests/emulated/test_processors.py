"""Other processors, emulated one program at a time, compute the committed results or say why they cannot.

qemu has no AVX-512; the settings that hide it are tested in tests/unit/test_kernels.py.
"""

import json
import shutil
import subprocess
import sys

import pytest

from tests.golden import ONE_CASE_A_KIND, committed
from tests.missing import missing
from tests.paths import ROOT

pytestmark = pytest.mark.emulated


@pytest.fixture(scope="session")
def qemu() -> str:
    program = shutil.which("qemu-x86_64")
    if program is None:
        missing("needs qemu-x86_64: `apt-get install qemu-user`")
    return program


def run(qemu: str, processor: str, module: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run one of our modules on an emulated processor, with the stages and tests of this checkout."""
    command = [qemu, "-cpu", processor, sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("processor", ["Haswell", "Skylake-Client", "EPYC"])
def test_a_processor_with_avx2_computes_what_is_committed(qemu, processor):
    expected = {case: committed()[case] for case in ONE_CASE_A_KIND}
    done = run(qemu, processor, "tests.golden", *expected)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sha256"] == expected, f"emulated {processor}"


def test_a_processor_without_avx2_gets_a_sentence(qemu):
    done = run(qemu, "Nehalem", "stages.check")
    sentences = [line for line in done.stderr.splitlines() if not line.startswith("qemu-x86_64: warning")]
    assert done.returncode == 1
    (sentence,) = sentences
    assert sentence.startswith("This processor has no AVX2, which portable kernels need; set train.kernels to native")
