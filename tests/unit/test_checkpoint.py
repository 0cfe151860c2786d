"""Checkpoints of interrupted trainings: what the key depends on, who may write them, and when they are removed."""

import subprocess
import sys
from types import ModuleType

import pytest
import torch

from resgrad.training.checkpoint import BusyError, Checkpoint, run_key


class KilledError(BaseException):
    """Simulates a signal that ends the process."""


def test_the_key_depends_on_every_value():
    assert run_key({"a": 1}) == run_key({"a": 1})
    assert run_key({"a": 1}) != run_key({"a": 2})


@pytest.mark.parametrize(
    ("name", "decides"),
    [
        *((name, True) for name in ("resgrad", "resgrad.extra", "stages", "stages.extra", "__main__")),
        *((name, False) for name in ("extra", "resgradient", "tests.resgrad")),
    ],
)
def test_the_key_depends_on_the_loaded_code_of_the_project_and_of_what_runs(tmp_path, monkeypatch, name, decides):
    source = tmp_path / "extra.py"
    source.write_text("x = 1\n")
    module = ModuleType(name)
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, name, module)
    before = run_key({})
    source.write_text("x = 2\n")
    assert (run_key({}) != before) is decides


def test_a_run_has_one_trainer(tmp_path):
    """The second one, in another process, is told who the first is."""
    code = (
        "import sys; from pathlib import Path; from resgrad.training.checkpoint import Checkpoint\n"
        f"with Checkpoint(Path({str(tmp_path / 'run')!r})).exclusive(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(BusyError, match=rf"run: process {holder.pid} is training"),
            Checkpoint(tmp_path / "run").exclusive(),
        ):
            pass
        holder.kill()
    with Checkpoint(tmp_path / "run").exclusive():
        pass


def test_a_damaged_checkpoint_is_passed_over(tmp_path, capsys):
    checkpoint = Checkpoint(tmp_path / "run")
    checkpoint.save({"a": torch.ones(2)}, {})
    file = next((tmp_path / "run").glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:20])
    assert checkpoint.load() is None
    assert "is damaged; the run starts afresh" in capsys.readouterr().err


def test_success_removes_the_checkpoint_and_failure_keeps_it(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run")

    def fail():
        with checkpoint.exclusive():
            checkpoint.save({"a": torch.ones(2)}, {"epoch": 1})
            raise KilledError

    with pytest.raises(KilledError):
        fail()
    tensors, state = checkpoint.load()
    assert torch.equal(tensors["a"], torch.ones(2))
    assert state == {"epoch": 1}
    with checkpoint.exclusive():
        pass
    assert not list(tmp_path.iterdir())
