import math

import numpy as np
import pandas as pd
import pytest
import torch

from resgrad.gradients.growth import (
    MEAN_FIELD_LIMIT,
    fitted_norms,
    growth_by_thirds,
    growth_per_layer,
    mean_field_factor,
)
from resgrad.models import build_network
from tests.unit.model_configs import model_config


def network(log10_norms, numels=None, seed=0, **keys):
    """Norms of one network, from the first layer to the last."""
    positions = range(1, len(log10_norms) + 1)
    numels = numels or [100] * len(log10_norms)
    table = {"position": positions, "numel": numels, "log10_norm": log10_norms}
    return pd.DataFrame({"variant": "plain", "seed": seed, **keys, **table})


def only(norms):
    (row,) = growth_per_layer(norms, ["variant"]).to_dict("records")
    return row


def test_gradients_that_double_from_layer_to_layer_on_their_way_back_have_factor_2():
    # The first and the last layer are far off the line, and left out.
    norms = [99.0, *(5 - math.log10(2) * np.arange(4)), -99.0]
    row = only(network(norms))
    assert row["n"] == 1
    assert row["log10_per_layer"] == pytest.approx(math.log10(2))
    assert row["factor"] == pytest.approx(2)
    assert math.isnan(row["low"])
    assert math.isnan(row["factor_high"])


def test_gradients_that_halve_have_factor_one_half():
    assert only(network(math.log10(2) * np.arange(7)))["factor"] == pytest.approx(1 / 2)


def test_layers_of_other_shapes_are_no_growth():
    # Norms fall by 0.1 per layer within each shape, and rise by 5 where it changes.
    norms = [0, 3.0, 2.9, 2.8, 7.8, 7.7, 7.6, 0]
    numels = [27, 10, 10, 10, 40, 40, 40, 99]
    assert only(network(norms, numels))["log10_per_layer"] == pytest.approx(0.1)
    assert only(network(norms))["log10_per_layer"] < 0


def test_mean_and_interval_over_seeds_and_the_same_as_factors():
    # Slopes 0.1, 0.2, 0.3: standard deviation 0.1; the 97.5 % quantile of t with two degrees of freedom is 4.302653.
    norms = pd.concat([network(-slope * np.arange(6), seed=seed) for seed, slope in enumerate((0.1, 0.2, 0.3))])
    row = only(norms)
    half = 4.302653 * 0.1 / math.sqrt(3)
    assert (row["n"], row["log10_per_layer"]) == (3, pytest.approx(0.2))
    assert (row["low"], row["high"]) == (pytest.approx(0.2 - half, abs=1e-6), pytest.approx(0.2 + half, abs=1e-6))
    factors = [row["factor_low"], row["factor"], row["factor_high"]]
    assert factors == pytest.approx([10 ** (0.2 - half), 10**0.2, 10 ** (0.2 + half)])


def test_against_a_written_out_regression_with_a_dummy_for_every_shape():
    random = np.random.default_rng(0)
    norms, numels = random.normal(size=30), [1, *[10] * 9, *[20] * 5, *[40] * 14, 2]
    norms[[4, 20]] = math.nan, -math.inf
    kept = [i for i in range(1, 29) if math.isfinite(norms[i])]
    columns = [[i + 1.0 for i in kept]]
    columns += [[float(numels[i] == numel) for i in kept] for numel in (10, 20, 40)]
    slope, *_ = np.linalg.lstsq(np.array(columns).T, norms[kept], rcond=None)[0]
    assert only(network(norms, numels))["log10_per_layer"] == pytest.approx(-slope)


@pytest.mark.parametrize(
    ("norms", "numels"),
    [
        ([9, 1, 2, 9], None),
        ([9, 1, math.nan, 2, 9], None),
        ([9, 1, 2, 3, 9], [1, 2, 2, 3, 4]),
        ([9, 9], None),
    ],
    ids=["two layers", "two finite norms", "two shapes of three layers", "no hidden layer"],
)
def test_a_network_with_too_few_layers_has_no_slope_and_is_not_counted(norms, numels):
    both = pd.concat([network(norms, numels, seed=0), network(0.5 * np.arange(6), seed=1)])
    row = only(both)
    assert (row["n"], row["log10_per_layer"]) == (1, pytest.approx(-0.5))
    alone = only(network(norms, numels))
    assert alone["n"] == 0
    assert math.isnan(alone["factor"])


def test_groups_are_kept_apart():
    norms = pd.concat([network(-np.arange(6.0), depth=6), network(np.arange(8.0), depth=8)])
    growth = growth_per_layer(norms, ["variant", "depth"])
    assert growth[["depth", "log10_per_layer"]].to_numpy().tolist() == [[6, pytest.approx(1)], [8, pytest.approx(-1)]]


def test_each_third_of_the_hidden_layers_has_a_factor_of_its_own():
    # Nine hidden layers: down by 0.3, 0.2 and 0.1 per layer; the first and the last layer are far off.
    norms = [99, 5.0, 4.7, 4.4, 8.0, 7.8, 7.6, 1.0, 0.9, 0.8, -99]
    thirds = growth_by_thirds(network(norms), ["variant"])
    assert thirds["third"].tolist() == [1, 2, 3]
    assert thirds["log10_per_layer"].tolist() == pytest.approx([0.3, 0.2, 0.1])


def test_thirds_of_networks_of_few_layers():
    both = pd.concat([network([1.0, 2.0], variant="tiny"), network([9, 3.0, 2.8, 2.6, 1.6, 1.5, 9], variant="small")])
    thirds = growth_by_thirds(both, ["variant"]).set_index(["variant", "third"])
    assert thirds.loc["small", "n"].tolist() == [0, 0, 0], "two layers are no line"
    assert (thirds.loc["tiny", "n"] == 0).all()


def test_fitted_lines_lie_on_what_is_a_line():
    norms = pd.concat([network([9, *level - 0.1 * np.arange(6), 9], seed=int(level)) for level in (1, 3)])
    fit = fitted_norms(norms, growth_per_layer(norms, ["variant"]), ["variant"])
    assert fit["log10_norm"].tolist() == pytest.approx([9, *(2 - 0.1 * np.arange(6)), 9])
    assert fit["fitted"].tolist()[1:-1] == pytest.approx(2 - 0.1 * np.arange(6))
    assert fit["fitted"].isna().tolist() == [True, *[False] * 6, True]


def test_the_theory_by_hand():
    # B = 4: the kernel of -1/3 is 0.169496, its derivative 0.391827.
    assert mean_field_factor(4) == pytest.approx(math.sqrt((3 + 0.391827) / (1 - 0.169496) - 1), abs=1e-5)
    assert mean_field_factor(10**7) == pytest.approx(MEAN_FIELD_LIMIT, abs=1e-6)
    assert pytest.approx(1.467, abs=5e-4) == MEAN_FIELD_LIMIT**2


def test_gradients_of_a_wide_plain_network_grow_as_the_theory_says():
    config = model_config(network="fully_connected", width=256)
    tables = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        plain = build_network(config, depth=40, residual=False, image_shape=(1, 8, 8), classes=10, seed=seed)
        images = torch.randn(16, 1, 8, 8, generator=generator)
        labels = torch.randint(10, (16,), generator=generator)
        torch.nn.functional.cross_entropy(plain(images), labels).backward()
        weights = [module.weight for module in plain.modules() if isinstance(module, torch.nn.Linear)]
        norms = [math.log10(weight.grad.norm()) for weight in weights]
        tables.append(network(norms, [weight.numel() for weight in weights], seed=seed))
    assert only(pd.concat(tables))["factor"] == pytest.approx(mean_field_factor(16), rel=0.02)
