"""Statements about recipes, from made-up verdicts."""

import numpy as np
import pandas as pd
import pytest

from resgrad.gradients.verdicts import VerdictsConfig, judge
from resgrad.probe.recipes import PROBE
from resgrad.probe.summary import (
    at_middle_depth,
    majority,
    middle_depth,
    outcomes,
    probe_metrics,
    steadiness,
    textbook,
)

THRESHOLDS = VerdictsConfig(vanishing_log10=-4.0, exploding_log10=2.0)
RECIPE = {"network": "fully_connected", "activation": "relu", "initialization": "he", "gain": 1.0}
LETTERS = {"v": "vanishing", "h": "healthy", "e": "exploding"}


def network(depth, letters, *, variant="plain", normalization="none", **recipe):
    """Return the verdicts on one network, one letter per seed."""
    seeds = [{"seed": seed, "verdict": LETTERS[letter]} for seed, letter in enumerate(letters)]
    named = {**RECIPE, "normalization": normalization, "depth": depth, "variant": variant, **recipe}
    return pd.DataFrame(seeds).assign(**named)


def signals(*networks):
    """Return signals of 4 layers for (depth, variant, normalization, log10 at layers 1 to 4), equal for three seeds."""
    rows = [
        {**RECIPE, "depth": depth, "variant": variant, "normalization": normalization, "seed": seed}
        | {"layer": f"layer{i}", "position": i + 1, "numel": 16, "log10_norm": value, "log10_signal": value}
        for depth, variant, normalization, values in networks
        for seed in range(3)
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("letters", "verdict", "agreeing"),
    [
        ("hhv", "healthy", 2),
        ("hvv", "vanishing", 2),
        ("hv", "vanishing", 1),
        ("vhe", "exploding", 1),
        ("h", "healthy", 1),
    ],
)
def test_most_seeds_decide_and_of_equally_many_the_worse(letters, verdict, agreeing):
    (row,) = majority(network(10, letters)).to_dict("records")
    assert (row["verdict"], row["n"], row["agreeing"]) == (LETTERS[verdict[0]], len(letters), agreeing)
    assert row["depth"] == 10


def test_networks_keep_their_order():
    verdicts = pd.concat([network(100, "hh", normalization="none"), network(10, "hh", normalization="batch")])
    assert majority(verdicts)["normalization"].tolist() == ["none", "batch"]


def test_the_outcome_is_the_smallest_depth_that_is_not_healthy_or_else_the_greatest():
    verdicts = [
        *(network(depth, letters) for depth, letters in ((10, "hhh"), (100, "vvv"), (32, "vvh"), (1000, "hhh"))),
        *(network(depth, letters, variant="residual") for depth, letters in ((10, "hhh"), (32, "hhv"))),
        network(10, "eee", normalization="batch"),
    ]
    found = outcomes(majority(pd.concat(verdicts)))
    assert found[["normalization", "variant", "depth", "verdict"]].to_numpy().tolist() == [
        ["none", "plain", 32, "vanishing"],
        ["none", "residual", 32, "healthy"],
        ["batch", "plain", 10, "exploding"],
    ]


def test_a_verdict_is_steady_if_neither_threshold_moved_by_a_decade_changes_it():
    passes = signals(
        (10, "plain", "none", [0, 0, 0, 0.9]),
        (32, "plain", "none", [0, 0, 0, 1.1]),  # exploding above 10^1
        (100, "plain", "none", [-3.1, 0, 0, 0]),  # vanishing below 10^-3
        (320, "plain", "none", [-5.1, 0, 0, 3.05]),  # the larger excess, by a little
        (1000, "plain", "none", [3.5, 0, 0, 0]),  # exploding above 10^3 too
    )
    assert steadiness(passes, THRESHOLDS).to_dict() == {"fully_connected": 0.4}


def test_the_middle_depth_of_an_even_number_is_the_deeper():
    networks = pd.DataFrame(
        [("a", 10), ("a", 1000), ("a", 100), ("a", 10), ("b", 20), ("b", 56)], columns=["network", "depth"]
    )
    assert middle_depth(networks).to_dict() == {"a": 100, "b": 56}
    assert at_middle_depth(networks).to_numpy().tolist() == [["a", 100], ["b", 56]]


def test_textbook_cases_are_known_by_their_whole_recipe():
    frame = pd.concat(
        [
            network(10, "h", normalization="batch"),
            network(10, "h", activation="tanh", initialization="normal", gain=0.5),
            network(10, "h", activation="tanh", initialization="normal", gain=0.6),
            network(10, "h", activation="tanh", initialization="orthogonal", normalization="batch"),
        ],
        ignore_index=True,
    )
    assert textbook(frame)["case"].tolist() == ["relu_he_batch", "tanh_small"]


NEIGHBOURS = pd.DataFrame(
    {"variant": ["plain", "plain", "residual", "residual"], "depth": [4, 50] * 2, "mean": [0.9, 0.1, 0.95, 0.4]}
)


def laws(*rows):
    """Return fits to growth over depth, with exponent 1.5 and rate 10^2."""
    columns = [*RECIPE, "normalization", "variant", "exponent", "power_r2", "log10_rate", "exponential_r2", "law"]
    made_up = RECIPE | {"normalization": "batch", "exponent": 1.5, "log10_rate": 2.0}
    return pd.DataFrame([made_up | row for row in rows], columns=columns)


def test_what_is_published_was_made_up():
    growing = [3.0, 2.0, 1.0, 0.0]  # by 10 per layer towards the input
    passes = signals(
        (10, "plain", "none", [0, 0, 0, 0]),
        (10, "residual", "none", [0, 0, 0, 0]),
        (10, "plain", "batch", growing),
        (10, "residual", "batch", [0.4, 0.2, 0, 0]),
        (32, "plain", "none", [-np.inf] * 4),
        (32, "residual", "none", [0, 0, 0, 0]),
        (32, "plain", "batch", [6.0, 4.0, 2.0, 0.0]),
        (32, "residual", "batch", [0.9, 0.6, 0.3, 0]),
    )
    networks = majority(judge(passes, [*PROBE, "seed"], THRESHOLDS))
    assert probe_metrics(passes, networks, laws(), NEIGHBOURS, THRESHOLDS) == {
        "fully_connected": {
            "steady_share": 7 / 8,
            "healthy_share": {"plain": 1 / 4, "residual": 1},
            # A line needs three layers between the first and the last.
            "batch_norm_growth_per_layer": {},
            "batch_norm_depth_laws": {},
        },
        "neighbour_correlation": {"depth-50": {"plain": 0.1, "residual": 0.4}},
    }


def test_the_published_growth_per_layer_is_that_of_the_middle_depth():
    passes = signals(
        (10, "plain", "batch", [0] * 6),
        (32, "plain", "batch", [5.0, 0.9, 0.6, 0.3, 0.0, 5.0]),
        (32, "plain", "none", [0] * 6),
        (100, "plain", "batch", [0] * 6),
    )
    networks = majority(judge(passes, [*PROBE, "seed"], THRESHOLDS))
    growth = probe_metrics(passes, networks, laws(), NEIGHBOURS, THRESHOLDS)["fully_connected"]
    assert growth["batch_norm_growth_per_layer"] == {"plain": pytest.approx(10**0.3)}


def test_a_power_law_is_published_in_place_of_a_factor_per_layer():
    growing = [0, 0.8, 0.6, 0.4, 0.2, 0.0]
    passes = signals((10, "plain", "batch", growing), (10, "residual", "batch", growing))
    networks = majority(judge(passes, [*PROBE, "seed"], THRESHOLDS))
    both = laws(
        {"variant": "plain", "law": "exponential", "exponential_r2": 0.99, "power_r2": 0.8},
        {"variant": "residual", "law": "power", "exponential_r2": 0.7, "power_r2": np.nan},
        {"variant": "residual", "law": "power", "normalization": "layer"},
    )
    published = probe_metrics(passes, networks, both, NEIGHBOURS, THRESHOLDS)["fully_connected"]
    assert published["batch_norm_growth_per_layer"] == {"plain": pytest.approx(10**0.2)}
    assert published["batch_norm_depth_laws"] == {
        "plain": {"exponent": 1.5, "power_r2": 0.8, "factor": 100.0, "exponential_r2": 0.99},
        "residual": {"exponent": 1.5, "factor": 100.0, "exponential_r2": 0.7},
    }
