"""Which accelerators there are for workers, with drivers and devices that are made up: none was at hand."""

import os
from types import SimpleNamespace

import pytest
import torch

from resgrad.parallel.worker import StageRunner
from resgrad.parallel.workspace import Here
from resgrad.training import accelerators as module
from resgrad.training.accelerators import accelerators


@pytest.fixture
def two_gpus(tmp_path, monkeypatch):
    """A driver's file, and a torch that finds two CUDA devices."""
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(module, "_DRIVERS", (str(tmp_path / "nvidiactl"),))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_each_gpu_is_shown_alone(two_gpus, device):
    assert accelerators(device) == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]


def test_gpus_that_were_chosen_keep_their_names(two_gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-5f2b")
    assert accelerators("auto") == [{"CUDA_VISIBLE_DEVICES": "3"}, {"CUDA_VISIBLE_DEVICES": "GPU-5f2b"}]


def test_trainings_on_the_processor_take_none(two_gpus):
    assert accelerators("cpu") == []


def test_a_device_that_is_not_there_is_left_to_the_check(two_gpus):
    assert accelerators("mps") == []
    assert accelerators("tpu") == []


def test_without_a_driver_there_is_none(monkeypatch):
    monkeypatch.setattr(module, "_DRIVERS", ())
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert accelerators("auto") == []


def test_apples_is_one(monkeypatch):
    monkeypatch.setattr(module.sys, "platform", "darwin")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert accelerators("auto") == [{}]


@pytest.mark.parametrize(("name", "device"), [(0, "0"), (1, "1"), (2, "0"), (5, "1")])
def test_workers_take_turns_and_show_their_stages_one_device(two_gpus, monkeypatch, name, device):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    worker = SimpleNamespace(state=SimpleNamespace(nthreads=1), nanny=True, name=name, local_directory=".")
    runner = StageRunner([], 80, Here(), devices=accelerators("cuda"))
    assert runner._prepare(worker) is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == device
