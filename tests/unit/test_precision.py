"""Narrow types and compiled steps: the result of a training hardly changes, and gradients are those of the loss."""

import functools

import numpy as np
import pytest
import torch

from resgrad.training.precision import Precision
from tests.unit.small_trainings import assert_same, interrupt, trainer

CPU = torch.device("cpu")


def trained(folder, **changes):
    run = trainer(folder, epochs=2, **changes)
    run.run("test")
    return run


@pytest.mark.parametrize(("precision", "tolerance"), [("bfloat16", 0.05), ("float16", 0.005)])
def test_narrow_numbers_give_nearly_the_losses_and_gradients_of_float32(tmp_path, precision, tolerance):
    wide, narrow = trained(tmp_path / "wide"), trained(tmp_path / "narrow", precision=precision)
    assert narrow.progress.losses[:4] == pytest.approx(wide.progress.losses[:4], rel=tolerance)
    assert narrow.progress.losses != wide.progress.losses
    norms = [np.linalg.norm(run.recording.columns["grad_norm"][0]) for run in (wide, narrow)]
    assert norms[1] == pytest.approx(norms[0], rel=tolerance)
    assert {p.dtype for p in narrow._network.parameters()} == {torch.float32}
    assert {p.grad.dtype for p in narrow._network.parameters()} == {torch.float32}


def test_a_stopped_run_in_float16_goes_on_with_its_scale(tmp_path):
    whole, stopped, resumed = (
        trainer(tmp_path / name, precision="float16") for name in ("whole", "stopped", "stopped")
    )
    whole.run("test")
    interrupt(stopped, after=6)
    resumed.run("test")
    assert_same(resumed, whole)
    assert resumed._precision.state() == whole._precision.state()
    assert whole._precision.state()["_growth_tracker"] == len(whole.progress.losses)


def test_a_step_whose_scaled_gradients_overflow_moves_nothing_and_lowers_the_scale(tmp_path, monkeypatch):
    monkeypatch.setattr("resgrad.training.precision._FIRST_SCALE", 2.0**40)
    run = trainer(tmp_path / "run", precision="float16")
    before = [p.detach().clone() for p in run._network.parameters()]
    images, labels = next(run._train.in_order(8))
    run._step(0, images, labels)
    assert all(torch.equal(p, old) for p, old in zip(run._network.parameters(), before, strict=True))
    assert run._precision.state()["scale"] == 2.0**39
    assert np.concatenate(run.recording.columns["nonfinite"]).sum() > 0


def test_in_float32_nothing_is_scaled_or_cast():
    weight = torch.tensor([2.0], requires_grad=True)
    optimiser = torch.optim.SGD([weight], lr=1.0)
    precision = Precision("float32", CPU)
    with precision.autocast():
        product = weight[:, None] @ torch.tensor([[3.0]])
    assert product.dtype == torch.float32
    precision.backward(product.sum(), optimiser)
    assert weight.grad.item() == 3.0
    precision.step(optimiser)
    assert weight.item() == -1.0
    assert precision.state() == {}


def test_a_compiled_step_computes_what_the_network_does(tmp_path, monkeypatch):
    # Traced and differentiated as by the compiler, without the minute in which it builds kernels.
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="aot_eager"))
    plain, compiled = trained(tmp_path / "plain"), trained(tmp_path / "compiled", compile=True)
    assert compiled._forward is not compiled._network
    assert compiled.progress.losses == pytest.approx(plain.progress.losses, rel=1e-4)
    assert compiled.recording.tensors == plain.recording.tensors
    for one, other in zip(compiled.recording.columns["grad_norm"], plain.recording.columns["grad_norm"], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-5)
