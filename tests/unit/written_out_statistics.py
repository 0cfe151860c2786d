"""Each statistic a second time, for one tensor, one element at a time, in Python's own arithmetic with exact sums.

A function has the name of the statistic. It takes the elements of the gradient, of the parameter before the step, and
of the parameter after it, all float32 values.
"""

import math

import numpy as np


def grad_norm(gradient, weight, moved):
    return _norm(gradient)


def grad_mean(gradient, weight, moved):
    return _sum(gradient) / len(gradient)


def grad_std(gradient, weight, moved):
    mean = grad_mean(gradient, weight, moved)
    return math.sqrt(_sum([(value - mean) ** 2 for value in gradient]) / len(gradient))


def grad_max(gradient, weight, moved):
    return math.nan if any(map(math.isnan, gradient)) else max(map(abs, gradient))


def zero_fraction(gradient, weight, moved):
    return gradient.count(0.0) / len(gradient)


def nonfinite(gradient, weight, moved):
    return sum(not math.isfinite(value) for value in gradient)


def log2_hist(gradient, weight, moved):
    bins = [0] * 128
    for value in gradient:
        if value and math.isfinite(value):
            exponent = math.frexp(abs(value))[1] - 1
            bins[min(max(exponent + 100, 0), 127)] += 1
    return bins


def weight_norm(gradient, weight, moved):
    return _norm(weight)


def update_norm(gradient, weight, moved):
    """A step is taken in float32, so the change is the difference in float32."""
    return _norm([float(np.float32(after) - np.float32(before)) for before, after in zip(weight, moved, strict=True)])


def _norm(values):
    return math.sqrt(_sum([value * value for value in values]))


def _sum(values):
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)
