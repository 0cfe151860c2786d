"""Whether a number of parallel stages fits into memory."""

import subprocess
import sys

import pytest

from resgrad.parallel.memory import jobs_that_fit, largest_child, shortage

GIB = 2**30


@pytest.mark.parametrize(("memory", "jobs"), [(8 * GIB, 4), (7.9 * GIB, 3), (GIB, 1), (0, 1)])
def test_as_many_run_as_fit_and_one_always_does(memory, jobs):
    assert jobs_that_fit(2 * GIB, int(memory)) == jobs


def test_what_fits_raises_no_doubt_and_what_does_not_is_said_in_a_sentence():
    assert shortage(4, 2 * GIB, 8 * GIB) is None
    assert shortage(5, 2 * GIB, 8 * GIB) == (
        "5 stages at once may need 5 x 2.0 GiB, and there are 8.0 GiB; run fewer: make repro JOBS=4."
    )
    assert shortage(1, 9 * GIB, 8 * GIB) is None, "there is nothing to be done about it"


def test_the_largest_process_is_measured_in_bytes():
    subprocess.run([sys.executable, "-c", "x = bytearray(300_000_000)"], check=True)
    assert largest_child() >= 300_000_000
