"""A training that is killed and run again ends with the same bytes as an uninterrupted one."""

import os
import signal
import subprocess
import time

import pytest

from tests.pipeline.project import make_project
from tests.processes import wait_until_gone

pytestmark = pytest.mark.pipeline
STAGE = "train@mnist-residual-8-0"
LONG = {"data__mnist__epochs": 12, "train__batch_size": 32, "model__width": 4}
RESULTS = ("data/runs", "data/gradients")


@pytest.fixture
def prepared(project):
    """A project with shards, whose training takes some seconds."""
    project.set(**LONG)
    project.run("dvc", "repro", "preprocess@mnist")
    return project


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The results of the same training, never interrupted, by learning rate."""
    project = make_project(tmp_path_factory.mktemp("undisturbed") / "project")
    results = {}
    for rate in (0.1, 0.05):
        project.set(**LONG, train__learning_rate=rate)
        project.run("dvc", "repro", STAGE)
        results[rate] = project.hashes(*RESULTS)
    return results


def trainer_of(project) -> int:
    """Find the training process of this checkout."""
    owner = next((project.folder / ".checkpoints").glob("*/owner.txt"))
    return int(owner.read_text(encoding="utf-8"))


def start_and_wait_for_a_checkpoint(project) -> subprocess.Popen:
    dvc = project.start("dvc", "repro", STAGE)
    deadline = time.monotonic() + 60
    while not list((project.folder / ".checkpoints").glob("*/state.safetensors")):
        assert dvc.poll() is None, "the training ended before it could be interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return dvc


@pytest.mark.parametrize("victim", ["process group", "dvc alone", "trainer alone"])
def test_killed_and_run_again(prepared, undisturbed, victim):
    dvc = start_and_wait_for_a_checkpoint(prepared)
    trainer = trainer_of(prepared)
    if victim == "process group":
        os.killpg(dvc.pid, signal.SIGKILL)
        dvc.wait()
    elif victim == "dvc alone":
        os.kill(dvc.pid, signal.SIGKILL)
        dvc.wait()
        os.kill(trainer, signal.SIGSTOP)  # so that it surely exists when the next one starts
        output = prepared.run("dvc", "repro", STAGE, check=False)
        assert f"process {trainer} is training this very run" in output
        assert "Traceback" not in output
        os.kill(trainer, signal.SIGKILL)
    else:
        os.kill(trainer, signal.SIGKILL)
        assert dvc.wait() != 0
    wait_until_gone(trainer)
    assert not (prepared.folder / "data/runs").exists() or not prepared.hashes(*RESULTS)
    assert list((prepared.folder / ".checkpoints").glob("*/state.safetensors"))
    prepared.run("dvc", "repro", STAGE)
    assert prepared.hashes(*RESULTS) == undisturbed[0.1]
    assert not list((prepared.folder / ".checkpoints").glob("*/state.safetensors"))


def test_other_code_starts_afresh(prepared, undisturbed):
    """This includes the code of the network, which is imported by name only when it is built."""
    dvc = start_and_wait_for_a_checkpoint(prepared)
    os.killpg(dvc.pid, signal.SIGKILL)
    dvc.wait()
    interrupted = {path.name for path in (prepared.folder / ".checkpoints").glob("mnist-*")}
    blocks = prepared.folder / "src/resgrad/models/blocks.py"
    blocks.write_text(blocks.read_text(encoding="utf-8") + "\n# Another version.\n", encoding="utf-8")
    prepared.run("dvc", "repro", STAGE)
    assert prepared.hashes(*RESULTS) == undisturbed[0.1]  # the comment computes nothing
    left = {path.name for path in (prepared.folder / ".checkpoints").glob("mnist-*")}
    assert left == interrupted, "the old checkpoint was resumed"


def test_another_learning_rate_starts_afresh(prepared, undisturbed):
    dvc = start_and_wait_for_a_checkpoint(prepared)
    os.killpg(dvc.pid, signal.SIGKILL)
    dvc.wait()
    prepared.set(train__learning_rate=0.05)
    prepared.run("dvc", "repro", STAGE)
    assert prepared.hashes(*RESULTS) == undisturbed[0.05]
    assert undisturbed[0.05] != undisturbed[0.1]
