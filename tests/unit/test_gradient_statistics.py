"""Every statistic against a slow second computation, and properties common to all."""

import ast
import hashlib
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from resgrad.common.config import ParameterError
from resgrad.gradients import describer
from resgrad.gradients.describer import Describer
from resgrad.gradients.statistics import digests, load, statistics
from resgrad.gradients.statistics.log2_hist import BINS
from tests.paths import ROOT
from tests.unit import written_out_statistics

NAN, INF = float("nan"), float("inf")

TENSORS = {
    "ordinary": [0.5, -1.0, 0.25, 3.0, 0.0],
    "tiny": [3e-26, -4e-26, 0.0],
    "denormal": [1e-42, -1e-45, 2.0],
    "large": [1e38, 3e38],
    "one": [-0.3],
    "constant": [0.1, 0.1, 0.1],
    "zeros": [0.0, -0.0],
    "nan": [1.0, NAN, 2.0, INF],
    "infinite": [1.0, -INF],
}
SIZES = [len(values) for values in TENSORS.values()]


def float32(values):
    return [float(value) for value in np.asarray(values, np.float32)]


def step():
    """The test's gradients, and weights and updates of every order of magnitude; NaN where the gradient is NaN."""
    generator = np.random.default_rng(0)
    gradients = {name: float32(values) for name, values in TENSORS.items()}
    weights = {name: float32(10.0 ** generator.uniform(-30, 3, len(g))) for name, g in gradients.items()}
    moved = {name: float32(np.array(weights[name]) * 1.5 - np.array(g)) for name, g in gradients.items()}
    return gradients, weights, moved


def flat(by_tensor):
    return np.concatenate([np.asarray(values, np.float32) for values in by_tensor.values()])


def described(names, sizes, gradients):
    """Describe only gradients."""
    return Describer(names, sizes).describe(gradients, np.ones_like(gradients))


@pytest.mark.parametrize("name", statistics())
def test_every_statistic_matches_a_slow_computation(name):
    written_out = getattr(written_out_statistics, name, None)
    assert written_out is not None, f"{name} has no second computation in tests/unit/written_out_statistics.py"
    by_tensor = step()
    (values,) = Describer([name], SIZES).describe(*map(flat, by_tensor)).values()
    for tensor, value in zip(TENSORS, values, strict=True):
        expected = written_out(*(part[tensor] for part in by_tensor))
        assert value.tolist() == pytest.approx(expected, rel=1e-12, abs=0, nan_ok=True), tensor


@pytest.mark.parametrize("name", statistics())
def test_every_statistic_keeps_the_contract(name):
    (statistic,) = load([name])
    column = statistic.column
    assert column.name == name
    assert column.meaning
    assert not column.meaning.endswith(".")
    (values,) = Describer([name], SIZES).describe(*map(flat, step())).values()
    if pa.types.is_fixed_size_list(column.type):
        assert values.shape == (len(SIZES), column.type.list_size)
        assert pa.from_numpy_dtype(values.dtype) == column.type.value_type
    else:
        assert values.shape == (len(SIZES),)
        assert pa.from_numpy_dtype(values.dtype) == column.type


@pytest.mark.parametrize("name", statistics())
def test_no_statistic_needs_code_on_which_trainings_do_not_depend(name):
    tree = ast.parse((ROOT / f"src/resgrad/gradients/statistics/{name}.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module for module in imported if module.startswith("resgrad")} <= {"resgrad.gradients.segments"}


@pytest.mark.parametrize("name", statistics())
def test_no_statistic_depends_on_another_nor_on_other_tensors(name, monkeypatch):
    """Alone, beside all others in any order, and with tensors cut into any pieces: the same bits."""
    generator = np.random.default_rng(0)
    sizes = [1, 499, 2, 498, 300, 1]
    arrays = [generator.normal(size=sum(sizes)).astype(np.float32) for _ in range(3)]
    for array in arrays:
        array[::7] = 0
    together = Describer(statistics()[::-1], sizes).describe(*arrays)[name]
    for piece in (1, 100, 400):
        monkeypatch.setattr(describer, "PIECE", piece)
        (alone,) = Describer([name], sizes).describe(*arrays).values()
        np.testing.assert_array_equal(alone, together)


def test_nothing_is_changed_in_place():
    arrays = [flat(part) for part in step()]
    before = [array.copy() for array in arrays]
    Describer(statistics(), SIZES).describe(*arrays)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_columns_come_in_the_order_of_the_list():
    chosen = ["nonfinite", "grad_norm", "log2_hist"]
    assert list(described(chosen, [2], np.float32([1, 2]))) == chosen


def test_a_norm_of_1e_25_is_kept_although_its_square_underflows():
    assert np.float32(3e-26) ** 2 == 0
    assert described(["grad_norm"], [3], np.float32(TENSORS["tiny"]))["grad_norm"] == pytest.approx([5e-26], rel=1e-6)


def test_histogram_counts_everything_that_is_finite_and_not_zero():
    counts = described(["log2_hist"], SIZES, flat(TENSORS))["log2_hist"].sum(axis=1)
    assert counts.tolist() == [sum(1 for v in values if v and math.isfinite(v)) for values in TENSORS.values()]


def test_bins_begin_at_powers_of_two():
    edges = np.float32([2.0**-100, 2.0**-99, 1.0, np.nextafter(np.float32(1), np.float32(0)), 2.0**27, 2.0**28])
    (histogram,) = described(["log2_hist"], [len(edges)], edges)["log2_hist"]
    assert len(histogram) == BINS
    assert {int(b): int(n) for b, n in enumerate(histogram) if n} == {0: 1, 1: 1, 99: 1, 100: 1, 127: 2}


def test_an_update_cannot_be_described_where_no_step_was_taken():
    with pytest.raises(ValueError, match="There is no update"):
        described(["update_norm"], [2], np.float32([1, 2]))


# --- plug-ins ------------------------------------------------------------------------------------------------------


def test_a_file_of_the_package_is_a_statistic():
    files = (ROOT / "src/resgrad/gradients/statistics").glob("[a-z]*.py")
    assert statistics() == sorted(file.stem for file in files)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (["grad_norm", "x", "y"], f"gradients.statistics names 'x', 'y'; allowed: {', '.join(statistics())}."),
        (
            ["grad_norm", "grad_max", "grad_norm"],
            "gradients.statistics names 'grad_norm' more than once; allowed: each statistic once.",
        ),
    ],
)
def test_what_cannot_be_loaded_is_refused_in_a_sentence(chosen, sentence):
    with pytest.raises(ParameterError) as caught:
        Describer(chosen, [1])
    assert str(caught.value) == sentence


def test_a_statistic_that_returns_too_few_values_is_named(add_statistic):
    add_statistic("halved", "return step.gradients.norms[::2]")
    with pytest.raises(ValueError, match="statistic halved returned 2 values for 3 tensors"):
        described(["halved"], [1, 1, 1], np.ones(3, np.float32))


def test_a_digest_is_that_of_the_file_and_changes_with_it_alone(add_statistic):
    file = add_statistic("toy", "return step.gradients.norms")
    before = digests(["toy", "grad_norm"])
    assert before["toy"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert list(before) == ["toy", "grad_norm"]
    add_statistic("another", "return step.gradients.norms")
    assert digests(["toy", "grad_norm"]) == before
    Path(file).write_text(file.read_text() + "\n", encoding="utf-8")
    after = digests(["toy", "grad_norm"])
    assert after["toy"] != before["toy"]
    assert after["grad_norm"] == before["grad_norm"]
