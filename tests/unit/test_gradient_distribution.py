import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from resgrad.common.cells import Cell
from resgrad.comparison.gradient_distribution import STATISTICS, load_distributions
from resgrad.gradients.recorder import GradientRecorder
from resgrad.gradients.statistics.log2_hist import BINS, LOWEST_EXPONENT
from resgrad.gradients.table import write_table
from resgrad.results.runs import RunError
from tests.unit.gradient_configs import gradients_config

PLAIN = Cell("mnist", "plain", 2, 0)
EXPONENTS = list(range(LOWEST_EXPONENT, LOWEST_EXPONENT + BINS))


class Network(nn.Module):
    """Two layers with weights, and one of another kind between them."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2)

    def forward(self, x):
        return self.last(self.norm(self.first(x)))


def record(folder, cell, *gradients):
    """Write the table of a run in which the first layer had these gradients, one recorded step each."""
    network = Network()
    config = gradients_config(every=1, snapshots=0, statistics=STATISTICS)
    recorder = GradientRecorder(network, torch.ones(2, 4), config, len(gradients))
    for step, gradient in enumerate(gradients):
        for parameter in network.parameters():
            parameter.grad = torch.ones_like(parameter)
        network.first.weight.grad = torch.tensor(gradient).reshape(3, 4)
        recorder.before_step(step)
        recorder.after_step(step, epoch=1)
    write_table(folder / f"{cell.name}.parquet", cell, recorder.recording, STATISTICS)


def distributions(folder, cells):
    """Arrange the loaded shares with a column per exponent, by variant, depth, position, layer and step (the index)."""
    table = load_distributions(folder, cells)
    bins = pd.DataFrame(np.stack(table["shares"].to_list()), columns=EXPONENTS, index=table.index)
    wide = table.drop(columns="shares").join(bins)
    return wide.set_index(["variant", "depth", "position", "layer", "step"])


GRADIENT = [1.0, -1.5, 1.99, 2.0, 0.0, 0.0, 0.0, 2**-30, -(2**-30), np.inf, np.nan, 3.0]


def test_shares_are_those_of_the_elements_one_by_one(tmp_path):
    record(tmp_path, PLAIN, GRADIENT)
    row = distributions(tmp_path, [PLAIN]).loc[("plain", 2, 1, "first", 0)]
    expected = {"zero": 3, "nonfinite": 2, -30: 2, 0: 3, 1: 2}
    assert row[row > 0].to_dict() == pytest.approx({name: count / 12 for name, count in expected.items()})
    assert list(row.index) == ["nonfinite", "zero", *EXPONENTS]


def test_rows_add_up_to_one_for_weights_alone(tmp_path):
    record(tmp_path, PLAIN, GRADIENT, [0.0] * 12, [np.nan] * 12)
    shares = distributions(tmp_path, [PLAIN])
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares.index.droplevel(["variant", "depth"]).tolist() == [
        *[(1, "first", step) for step in range(3)],
        *[(2, "last", step) for step in range(3)],
    ]
    assert shares.loc[("plain", 2, 1, "first", 1), "zero"] == 1
    assert shares.loc[("plain", 2, 1, "first", 2), "nonfinite"] == 1


def test_seeds_are_pooled_and_one_that_stopped_counts_while_it_lasts(tmp_path):
    twin = PLAIN._replace(seed=1)
    record(tmp_path, PLAIN, [1.0] * 12, [1.0] * 12)
    record(tmp_path, twin, [4.0] * 9 + [0.0] * 3)
    first = distributions(tmp_path, [PLAIN, twin]).loc[("plain", 2, 1, "first")]
    assert first.loc[0, [0, 2, "zero"]].tolist() == [12 / 24, 9 / 24, 3 / 24]
    assert first.loc[1, 0] == 1


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(RunError, match=r"plain-2-0\.parquet is missing; `dvc repro train@mnist-plain-2-0`"):
        load_distributions(tmp_path, [PLAIN])


@pytest.mark.parametrize(("layers", "chosen"), [(56, [1, 15, 28, 42, 56]), (3, [1, 2, 3]), (1, [1])])
def test_the_layers_are_first_last_and_the_quarters_between(tmp_path, layers, chosen):
    rows = [
        {"step": 0, "layer": f"conv{i}", "layer_index": i, "kind": "conv", "param": "weight", "log2_hist": [1] * 128}
        for i in range(layers)
    ]
    table = pd.DataFrame(rows).assign(numel=128, zero_fraction=0.0, nonfinite=0, **PLAIN._asdict())
    table.to_parquet(tmp_path / f"{PLAIN.name}.parquet")
    assert load_distributions(tmp_path, [PLAIN])["position"].tolist() == chosen
