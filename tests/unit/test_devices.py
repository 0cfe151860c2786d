"""The device of a training, and reproducibility and speed on it."""

import os
import platform
import subprocess
import sys

import pytest
import torch

from resgrad.common.config import ParameterError
from resgrad.training.devices import check_compiler, make_repeatable
from tests.paths import ROOT


def test_training_allows_deterministic_algorithms_alone(monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")  # so that it is restored after the test
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark, torch.get_num_threads()
    try:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.benchmark = True
        make_repeatable(threads=1, kernels="portable")
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.backends.cudnn.benchmark
        assert torch.get_num_threads() == 1
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.benchmark = before[1]
        torch.set_num_threads(before[2])


def test_compiling_for_a_processor_needs_a_compiler(monkeypatch):
    monkeypatch.setenv("CXX", sys.executable)
    check_compiler(torch.device("cpu"))
    monkeypatch.setenv("CXX", "no-such-compiler")
    check_compiler(torch.device("cuda"))
    with pytest.raises(ParameterError, match=r"there is no C\+\+ compiler no-such-compiler here; install it"):
        check_compiler(torch.device("cpu"))


def test_what_takes_no_step_does_not_import_the_compiler_of_torch():
    """It takes as long to import as the rest of torch; torch.optim imports it at its first step."""
    script = (
        "import sys; from resgrad.common.kernels import fix_instruction_set; fix_instruction_set('portable');"
        "from resgrad.training.devices import make_repeatable; make_repeatable(threads=1, kernels='portable');"
        "sys.exit('torch._inductor' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT / "src", check=False).returncode == 0


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_memory_that_tensors_leave_is_kept_for_the_next_ones():
    script = (
        "import resource, torch; from resgrad.training.devices import keep_freed_memory; keep_freed_memory()\n"
        "def faults():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    tensors = [torch.ones(2**20) for _ in range(16)]\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "print(faults(), faults(), faults())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "src", capture_output=True, text=True, check=True
    ).stdout
    first, _, again = map(int, done.split())
    assert again < first / 10
