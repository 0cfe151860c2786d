"""Learning rates as functions of the step alone, so that a resumed run needs only its step."""

import math

from resgrad.training.config import TrainConfig


def learning_rate(config: TrainConfig, step: int, total_steps: int, steps_per_epoch: int) -> float:
    """Return the learning rate of a step.

    Args:
        config: peak rate, schedule and warm-up.
        step: the step, from 0.
        total_steps: steps of the whole run, including warm-up.
        steps_per_epoch: for converting ``warmup_epochs`` to steps.
    """
    warmup = config.warmup_epochs * steps_per_epoch
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    return config.learning_rate * _SCHEDULES[config.schedule](step - warmup, total_steps - warmup)


def _constant(_step: int, _total: int) -> float:
    return 1.0


def _step(step: int, total: int) -> float:
    """He et al. 2015, section 4.2, divide by 10 at 32k and 48k of 64k iterations."""
    return 0.1 ** ((2 * step >= total) + (4 * step >= 3 * total))


def _cosine(step: int, total: int) -> float:
    """Loshchilov and Hutter 2017, equation 5, one period down to 0."""
    return _anneal(1.0, 0.0, step / total)


def _one_cycle(step: int, total: int) -> float:
    """Smith and Topin 2018, with the constants of ``torch.optim.lr_scheduler.OneCycleLR``."""
    start, end = 1 / 25, 1 / 25e4
    peak = max(0.3 * total - 1, 0.0)
    if step <= peak and peak > 0:
        return _anneal(start, 1.0, step / peak)
    return _anneal(1.0, end, (step - peak) / max(total - 1 - peak, 1))


def _anneal(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


_SCHEDULES = {"constant": _constant, "step": _step, "cosine": _cosine, "one-cycle": _one_cycle}
