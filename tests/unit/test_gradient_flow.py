import math

import numpy as np
import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.results.gradient_flow import first_to_last, load_norms, norms_by_layer, with_phase
from resgrad.results.runs import RunError

PLAIN = Cell("mnist", "plain", 3, 0)
COLUMNS = ["step", "layer", "layer_index", "kind", "param", "grad_norm"]


def save(folder, cell, rows):
    table = pd.DataFrame(rows, columns=COLUMNS).assign(numel=9, **cell._asdict())
    table.to_parquet(folder / f"{cell.name}.parquet")


def write_table(folder, cell, norms):
    """Write a table of two convolutions and a linear layer; ``norms`` is steps x 3, a row every 10 steps."""
    rows = []
    for step, (conv1, conv2, linear) in enumerate(norms):
        rows += [
            (10 * step, "conv1", 0, "conv", "weight", conv1),
            (10 * step, "norm1", 1, "norm", "weight", 77.0),
            (10 * step, "conv2", 2, "conv", "weight", conv2),
            (10 * step, "block.shortcut.conv", 3, "shortcut", "weight", 88.0),
            (10 * step, "head", 4, "linear", "weight", linear),
            (10 * step, "head", 4, "linear", "bias", 99.0),
        ]
    save(folder, cell, rows)


@pytest.fixture
def by_layer(tmp_path):
    def compute(*runs):
        cells = [PLAIN._replace(seed=seed) for seed in range(len(runs))]
        for cell, norms in zip(cells, runs, strict=True):
            write_table(tmp_path, cell, norms)
        return norms_by_layer(load_norms(tmp_path, cells)).set_index(["phase", "position"])

    return compute


def test_layers_are_those_with_weights_on_the_main_path_counted_from_one(tmp_path):
    write_table(tmp_path, PLAIN, [(1e-3, 1e-2, 1.0)])
    norms = load_norms(tmp_path, [PLAIN])
    assert norms["layer"].tolist() == ["conv1", "conv2", "head"]
    assert norms["position"].tolist() == [1, 2, 3]
    assert norms["position"].dtype.kind == "i"
    assert norms["log10_norm"].tolist() == pytest.approx([-3, -2, 0])


def test_the_first_step_and_geometric_means_over_the_steps_of_the_last_quarter(by_layer):
    # Of the steps 0, 10, ... 80, the last quarter is 70 and 80.
    table = by_layer([(1e-3, 1, 1), *[(50, 1, 1)] * 6, (1e-4, 1, 1), (1e-8, 1, 1)])
    assert table.loc[("first step", 1), "log10_norm"] == pytest.approx(-3)
    assert table.loc[("last quarter", 1), "log10_norm"] == pytest.approx(-6)
    assert len(table) == 2 * 3


def test_mean_and_ends_over_seeds(by_layer):
    row = by_layer([(1e-2, 1, 1)] * 5, [(1e-6, 1, 1)] * 5).loc[("last quarter", 1)]
    assert row[["log10_norm", "log10_norm_min", "log10_norm_max"]].tolist() == pytest.approx([-4, -6, -2])


def test_a_tiny_norm_is_as_small_as_it_is(by_layer):
    assert by_layer([(1e-25, 1, 1)] * 5).loc[("last quarter", 1), "log10_norm"] == pytest.approx(-25)


def test_a_norm_of_zero_counts_as_the_smallest_float32_and_is_counted(by_layer):
    row = by_layer([(0.0, 1, 1)] * 9).loc[("last quarter", 1)]
    assert row["log10_norm"] == pytest.approx(-149 * math.log10(2))
    assert (row["zeros"], row["nonfinite"]) == (2, 0)


def test_norms_that_are_not_finite_are_left_out_and_counted(by_layer):
    table = by_layer([*[(1, 1, 1)] * 7, (1e-2, np.nan, 1), (np.inf, np.nan, 1)])
    late = table.loc["last quarter"]
    assert late.loc[1, "log10_norm"] == pytest.approx(-2)
    assert math.isnan(late.loc[2, "log10_norm"])
    assert late["nonfinite"].tolist() == [1, 2, 0]


def test_steps_between_the_first_and_the_last_quarter_have_no_phase():
    rows = with_phase(pd.DataFrame({"step": [0, 10, 60, 61, 80]}))
    assert rows.to_numpy().tolist() == [[0, "first step"], [61, "last quarter"], [80, "last quarter"]]


def test_the_last_quarter_is_that_of_the_longest_run(by_layer):
    # The second run diverged at step 10 and recorded no more: it has a first step, but no last quarter.
    table = by_layer([(1, 1, 1)] * 5, [(1e-4, 1, 1), (1e-4, 1, 1)])
    assert table.loc[("first step", 1), "log10_norm"] == pytest.approx(-2)
    assert table.loc[("last quarter", 1), "log10_norm"] == pytest.approx(0)


def test_the_only_step_of_a_run_is_its_first(by_layer):
    assert by_layer([(1e-2, 1, 1)]).index.tolist() == [("first step", position) for position in (1, 2, 3)]


def test_first_against_last_convolution_over_the_steps_at_which_both_are_finite(tmp_path):
    residual = PLAIN._replace(variant="residual")
    # Steps 130 to 160 are the last quarter; two of them have both norms. The head's, 9, does not matter.
    late = [(1e-4, 1e-1, 9), (1e-8, 1e-1, 9), (np.nan, 1, 9), (1, np.inf, 9)]
    write_table(tmp_path, PLAIN, [(1e2, 1e-1, 9), *[(1, 1, 1)] * 12, *late])
    write_table(tmp_path, residual, [(np.nan, 1, 1)])
    ratio = first_to_last(load_norms(tmp_path, [PLAIN, residual])).set_index("variant")
    phases = [f"gradient_log10_first_to_last.{phase}" for phase in ("first_step", "last_quarter")]
    assert ratio.loc["plain", phases].tolist() == pytest.approx([3, (-3 - 7) / 2])
    assert ratio.loc["residual", phases].isna().all()


def test_in_a_fully_connected_network_the_last_hidden_layer_is_the_last(tmp_path):
    layers = ["hidden1", "hidden2", "head"]
    rows = [
        (0, layer, i, "linear", "weight", norm) for i, (layer, norm) in enumerate(zip(layers, (5, 50, 7), strict=True))
    ]
    save(tmp_path, PLAIN, rows)
    ratio = first_to_last(load_norms(tmp_path, [PLAIN]))
    assert ratio["gradient_log10_first_to_last.first_step"].tolist() == pytest.approx([-1])


def test_linear_layers_behind_convolutions_are_not_like_the_first(tmp_path):
    kinds = {"conv1": "conv", "conv2": "conv", "hidden": "linear", "head": "linear"}
    rows = [
        (0, layer, i, kind, "weight", norm)
        for i, ((layer, kind), norm) in enumerate(zip(kinds.items(), (5, 50, 7, 9), strict=True))
    ]
    save(tmp_path, PLAIN, rows)
    ratio = first_to_last(load_norms(tmp_path, [PLAIN]))
    assert ratio["gradient_log10_first_to_last.first_step"].tolist() == pytest.approx([-1])


def test_only_the_first_layer_says_which_layers_are_like_it(tmp_path):
    kinds = {"conv": "conv", "hidden1": "linear", "hidden2": "linear", "head": "linear"}
    rows = [
        (0, layer, i, kind, "weight", norm)
        for i, ((layer, kind), norm) in enumerate(zip(kinds.items(), (5, 50, 7, 9), strict=True))
    ]
    save(tmp_path, PLAIN, rows)
    ratio = first_to_last(load_norms(tmp_path, [PLAIN]))
    assert ratio["gradient_log10_first_to_last.first_step"].tolist() == [0]


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(RunError, match=r"plain-3-0\.parquet is missing; `dvc repro train@mnist-plain-3-0`"):
        load_norms(tmp_path, [PLAIN])
