import numpy as np
import pytest
from safetensors.numpy import save_file

from resgrad.common.cells import Cell
from resgrad.comparison.snapshots import load_snapshots
from resgrad.results.runs import RunError

PLAIN = Cell("mnist", "plain", 3, 0)


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / PLAIN.name
    folder.mkdir()
    return folder / "snapshots.safetensors"


def test_snapshots_come_in_the_order_of_their_steps_whatever_that_of_the_file(tmp_path, file):
    gradients = {step: np.full((2, 1, 3, 3), step, np.float32) for step in (1_000_000, 200_000, 0)}
    save_file({f"step-{step:06d}": gradient for step, gradient in gradients.items()}, file)
    snapshots = load_snapshots(tmp_path, PLAIN)
    assert list(snapshots) == [0, 200_000, 1_000_000]
    for step, gradient in snapshots.items():
        np.testing.assert_array_equal(gradient, gradients[step])


def test_a_run_may_have_kept_none(tmp_path, file):
    save_file({}, file)
    assert load_snapshots(tmp_path, PLAIN) == {}


def test_missing_and_damaged_files_are_named(tmp_path, file):
    with pytest.raises(RunError, match=r"snapshots\.safetensors is missing; `dvc repro train@mnist-plain-3-0`"):
        load_snapshots(tmp_path, PLAIN)
    file.write_bytes(b"not a tensor")
    with pytest.raises(RunError, match=r"snapshots\.safetensors is damaged; `dvc repro train@mnist-plain-3-0`"):
        load_snapshots(tmp_path, PLAIN)
