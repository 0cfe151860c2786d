import platform

import pytest

from resgrad.common import processor
from resgrad.common.processor import describe_processor

CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: Some Brand @ 2.00GHz
stepping\t: 8
flags\t\t: fpu sse4_2 avx {flags}

processor\t: 1
vendor_id\t: Another
cpu family\t: 1
model\t\t: 1
stepping\t: 1
flags\t\t: avx512f
"""


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """Return a function that replaces Linux's description of the processor."""

    def write(text):
        (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")
        monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "cpuinfo")

    return write


@pytest.mark.parametrize(("flags", "widest"), [("avx2 avx512f", "AVX512"), ("avx2 fma", "AVX2"), ("avx2x", "AVX")])
def test_family_model_stepping_and_the_widest_instructions_of_the_first_processor(cpuinfo, flags, widest):
    cpuinfo(CPUINFO.format(flags=flags))
    assert describe_processor() == {
        "processor": "GenuineIntel family 6 model 143 stepping 8",
        "instruction_set": widest,
    }


def test_another_architecture_is_named(cpuinfo, monkeypatch):
    cpuinfo("processor\t: 0\nCPU implementer\t: 0x41\n")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert describe_processor() == {"processor": "aarch64", "instruction_set": "aarch64"}


def test_a_system_without_the_file_says_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "none")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert describe_processor() == {"processor": "arm", "instruction_set": "arm64"}
