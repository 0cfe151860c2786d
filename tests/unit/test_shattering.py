import math

import numpy as np
import pandas as pd
import pytest
import torch

from resgrad.common.config import ParameterError, load
from resgrad.common.seeds import derive
from resgrad.models import build_network
from resgrad.probe.shattering import (
    ShatteringConfig,
    autocorrelation,
    autocorrelations,
    brown_and_white,
    gradient_sequences,
    input_gradients,
)
from tests.unit.model_configs import model_config

SMALL = ShatteringConfig(depths=[2, 4], width=8, inputs=32, networks=2)


def double_network(residual):
    config = model_config(network="fully_connected", width=16)
    network = build_network(config, depth=7, residual=residual, image_shape=(1, 1, 1), classes=1, seed=3)
    return network.double()


def test_autocorrelation_by_hand():
    # Deviations from the mean -1.5, -0.5, 0.5, 1.5: sums of products 5, 1.25, -1.5, -2.25.
    assert autocorrelation(np.array([1.0, 2, 3, 4]), 3).tolist() == pytest.approx([1, 0.25, -0.3, -0.45])


def test_autocorrelation_against_a_written_out_loop():
    sequences = np.random.default_rng(0).standard_normal((2, 3, 20)).cumsum(axis=-1)
    result = autocorrelation(sequences, 5)
    assert result.shape == (2, 3, 6)
    for i in range(2):
        for j in range(3):
            z = sequences[i, j].tolist()
            mean = sum(z) / len(z)
            variance = sum((value - mean) ** 2 for value in z)
            for lag in range(6):
                covariance = sum((z[t] - mean) * (z[t + lag] - mean) for t in range(len(z) - lag))
                assert result[i, j, lag] == pytest.approx(covariance / variance)


def test_a_constant_sequence_has_no_autocorrelation():
    assert np.isnan(autocorrelation(np.ones(8), 2)).all()


def test_white_noise_is_uncorrelated_and_brown_noise_as_its_covariance_says():
    config = ShatteringConfig(depths=[2], width=1, inputs=64, networks=4000)
    noise = brown_and_white(config, seed=0).pivot_table("value", ["noise", "sample"], "input")
    white = autocorrelation(noise.loc["white"].to_numpy(), 16)
    # Because the mean is that of the sequence itself, -1/n is expected; the standard error is 0.002.
    assert white.mean(axis=0)[1:] == pytest.approx(np.full(16, -1 / 64), abs=0.01)

    brown = noise.loc["brown"].to_numpy()
    pooled = np.average(autocorrelation(brown, 16), axis=0, weights=brown.var(axis=1))
    steps = np.arange(1, 65)
    centring = np.eye(64) - 1 / 64
    covariance = centring @ np.minimum.outer(steps, steps) @ centring  # of a random walk: the earlier of two times
    expected = [np.trace(covariance, offset=lag) / np.trace(covariance) for lag in range(17)]
    assert pooled == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("residual", [False, True], ids=["plain", "residual"])
def test_gradients_against_finite_differences_at_one_input_at_a_time(residual):
    network = double_network(residual)
    inputs = torch.linspace(-2, 2, 24, dtype=torch.float64)
    gradients = input_gradients(network, inputs)
    for x, gradient in zip(inputs, gradients, strict=True):
        ends = [network((x + step).reshape(1, 1, 1, 1)).item() for step in (-1e-7, 1e-7)]
        assert gradient.item() == pytest.approx((ends[1] - ends[0]) / 2e-7, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("residual", [False, True], ids=["plain", "residual"])
def test_the_function_is_the_network_as_it_normalises_these_inputs(residual):
    network = double_network(residual)
    inputs = torch.linspace(-2, 2, 24, dtype=torch.float64)
    input_gradients(network, inputs)
    batch = inputs.reshape(-1, 1, 1, 1)
    kept = network(batch)
    torch.testing.assert_close(kept, network.train()(batch))


def test_one_hidden_layer_has_one_kink_at_0_whatever_its_weights():
    config = ShatteringConfig(depths=[2], width=8, inputs=32, networks=3)
    sequences = gradient_sequences(config, seed=0)
    for _, sequence in sequences.groupby(["variant", "sample"]):
        left, right = sequence["value"][sequence["input"] < 0], sequence["value"][sequence["input"] > 0]
        assert (left.round(4).nunique(), right.round(4).nunique()) == (1, 1)
    table = autocorrelations(sequences, ["variant", "depth"])
    # A step in the middle of n values: k of n - k products are negative.
    assert table["mean"].tolist() == pytest.approx([(32 - 3 * lag) / 32 for lag in table["lag"]], abs=1e-4)


def test_sequences_are_named_and_run_through_the_inputs():
    sequences = gradient_sequences(SMALL, seed=0)
    assert len(sequences) == 2 * 2 * 2 * 32
    keys = sequences[["variant", "depth", "sample"]].drop_duplicates()
    assert len(keys) == len(sequences) / 32
    assert set(keys["variant"]) == {"plain", "residual"}
    assert sequences["input"].tolist()[:32] == pytest.approx(np.linspace(-2, 2, 32), abs=1e-6)


def test_the_same_seed_gives_the_same_and_another_depth_changes_no_other():
    sequences = gradient_sequences(SMALL, seed=0)
    pd.testing.assert_frame_equal(sequences, gradient_sequences(SMALL, seed=0))
    assert not sequences["value"].equals(gradient_sequences(SMALL, seed=1)["value"])
    deeper = gradient_sequences(SMALL.model_copy(update={"depths": [4, 6]}), seed=0)
    at_four = [table[table["depth"] == 4].reset_index(drop=True) for table in (sequences, deeper)]
    pd.testing.assert_frame_equal(*at_four)
    pd.testing.assert_frame_equal(brown_and_white(SMALL, seed=0), brown_and_white(SMALL, seed=0))


def test_the_networks_are_the_twins_and_no_two_start_alike():
    values = gradient_sequences(SMALL, seed=0).set_index(["variant", "depth", "sample"])["value"]
    # At depth 2 there is one hidden layer, and nothing for a shortcut to skip.
    sequences = {key: tuple(values.loc[key]) for key in values.index.unique()}
    assert len(set(sequences.values())) == 6
    assert sequences["plain", 2, 0] == sequences["residual", 2, 0]
    config = model_config(network="fully_connected", width=8, normalization="batch")
    for residual, variant in enumerate(("plain", "residual")):
        network = build_network(
            config,
            depth=4,
            residual=bool(residual),
            image_shape=(1, 1, 1),
            classes=1,
            seed=derive(0, "shattering", 4, 1),
        )
        expected = input_gradients(network.double(), torch.linspace(-2, 2, 32, dtype=torch.float64))
        assert values.loc[(variant, 4, 1)].tolist() == pytest.approx(expected.tolist())


def test_another_seed_makes_other_noise_and_a_walk_for_each_sequence():
    first, other = (brown_and_white(SMALL, seed=seed).set_index(["noise", "sample"])["value"] for seed in (0, 1))
    assert not first.equals(other)
    for sample in range(2):
        white, brown = first.loc["white", sample], first.loc["brown", sample]
        assert brown.tolist() == pytest.approx(white.cumsum().tolist())


def test_means_over_samples_without_those_that_have_no_autocorrelation():
    rows = [
        {"noise": "white", "sample": sample, "input": float(t), "value": value}
        for sample, values in enumerate([[1, 2, 3, 4], [1, -1, 1, -1], [5, 5, 5, 5]])
        for t, value in enumerate(values)
    ]
    table = autocorrelations(pd.DataFrame(rows), ["noise"])
    assert table[["noise", "lag", "n"]].to_numpy().tolist() == [["white", 0, 2], ["white", 1, 2]]
    # At lag 1: 0.25 as above, and -3/4. The 97.5 % quantile of t with one degree of freedom is 12.7062.
    assert table.loc[1, "mean"] == pytest.approx(-0.25)
    assert table.loc[1, "high"] == pytest.approx(-0.25 + 12.7062 * (1 / math.sqrt(2)) / math.sqrt(2), rel=1e-5)


def test_a_depth_that_does_not_exist_is_named():
    values = {"depths": [1], "width": 8, "inputs": 32, "networks": 2}
    with pytest.raises(ParameterError, match=r"probe\.shattering\.depths\.0 is 1; allowed: .*2"):
        load(ShatteringConfig, values, "probe.shattering")
