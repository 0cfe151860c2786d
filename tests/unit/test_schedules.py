import pytest
import torch

from resgrad.common.config import load, read
from resgrad.training.config import TrainConfig
from resgrad.training.optimisers import build_optimiser
from resgrad.training.schedules import learning_rate
from tests.paths import PARAMS

TOTAL, PER_EPOCH = 40, 10
TRAIN = load(TrainConfig, read(PARAMS)["train"], "train")


def config(**changes):
    return TRAIN.model_copy(update={"learning_rate": 0.4, "warmup_epochs": 0, **changes})


def ours(total=TOTAL, **changes):
    return [learning_rate(config(**changes), step, total, PER_EPOCH) for step in range(total)]


def torchs(make, total=TOTAL):
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4, momentum=0.9)
    schedule = make(optimiser)
    rates = []
    for _ in range(total):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step() if len(rates) < total else None
    return rates


@pytest.mark.parametrize(
    ("schedule", "reference"),
    [
        ("constant", lambda o: torch.optim.lr_scheduler.ConstantLR(o, factor=1)),
        ("step", lambda o: torch.optim.lr_scheduler.MultiStepLR(o, milestones=[20, 30], gamma=0.1)),
        ("cosine", lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=TOTAL)),
        ("one-cycle", lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.4, total_steps=TOTAL)),
    ],
)
def test_schedules_are_those_of_torch(schedule, reference):
    assert ours(schedule=schedule) == pytest.approx(torchs(reference), rel=1e-9)


@pytest.mark.parametrize("total", [4, 6, 10])
def test_a_short_cycle_is_torchs_too(total):
    """With 4 or 6 steps, the peak is before the second step."""
    reference = torchs(lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.4, total_steps=total), total)
    assert ours(total, schedule="one-cycle") == pytest.approx(reference, rel=1e-9)


def test_a_cycle_of_two_steps_has_its_peak_and_its_end():
    assert ours(2, schedule="one-cycle") == pytest.approx([0.4, 0.4 / 25e4])


def test_warm_up_rises_linearly_and_the_schedule_follows():
    rates = ours(schedule="cosine", warmup_epochs=1)
    assert rates[:10] == pytest.approx([0.04 * n for n in range(1, 11)])
    after = [learning_rate(config(schedule="cosine"), step, 30, PER_EPOCH) for step in range(30)]
    assert rates[10:] == after


@pytest.mark.parametrize("total", [1, 2, 3])
@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "one-cycle"])
def test_very_short_runs_have_a_rate(schedule, total):
    for step in range(total):
        assert 0 < learning_rate(config(schedule=schedule), step, total, 1) <= 0.4


# One step from weight 1 with gradient 2 (+ weight decay 0.5 x 1 = 2.5), learning rate 0.1, written out.
@pytest.mark.parametrize(
    ("name", "after_two_steps"),
    [
        # v = 2.5; w = 0.75; v = 0.9 * 2.5 + 2.375
        ("sgd", 1 - 0.25 - 0.1 * (0.9 * 2.5 + 2 + 0.5 * 0.75)),
        ("adam", None),  # its bias-corrected first step has the length of the learning rate
        # first step: b = 2.5 / sqrt(0.01 x 2.5^2) = 10, w = 0; second: gradient 2, b = 0.9 x 10 + 2 / sqrt(s)
        ("rmsprop", -0.1 * (9 + 2 / (0.99 * 0.01 * 2.5**2 + 0.01 * 2**2) ** 0.5)),
        # s = 6.25; w = 0.9; s = 6.25 + 2.45^2
        ("adagrad", 1 - 0.1 - 0.1 * 2.45 / (6.25 + 2.45**2) ** 0.5),
    ],
)
def test_optimisers_take_the_steps_of_their_definitions(name, after_two_steps):
    parameter = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimiser = build_optimiser(
        config(optimizer=name, learning_rate=0.1, momentum=0.9, weight_decay=0.5), iter([parameter])
    )
    expected = {"sgd": 0.75, "adam": 0.9, "rmsprop": 1 - 0.1 * 2.5 / (0.01 * 2.5**2) ** 0.5, "adagrad": 0.9}[name]
    parameter.grad = torch.full((1,), 2.0, dtype=torch.float64)
    optimiser.step()
    assert parameter.item() == pytest.approx(expected, rel=1e-7, abs=1e-7)
    if after_two_steps is not None:
        optimiser.step()
        assert parameter.item() == pytest.approx(after_two_steps, rel=1e-6)
