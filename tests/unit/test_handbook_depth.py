"""What the handbook says about growth over depth, shortcuts and features, from made-up tables."""

import pandas as pd
import pytest
from ruamel.yaml import YAML

from handbook import depth
from handbook.study import Studies

FIT = {"shallowest": 10, "deepest": 320, "log10_rate": 0.1, "log10_rate_low": 0.0, "log10_rate_high": 0.2}
FIT |= {"exponential_r2": 0.999, "exponent": 1.25, "exponent_low": 1.0, "exponent_high": 1.5, "power_r2": 0.81}


def law(name, **changes):
    named = {"network": "fully_connected", "recipe": "relu, he, batch", "activation": "relu", "variant": "residual"}
    return {**named, **FIT, "law": name, **changes}


def point(factor, effective_rank, variant="plain", **changes):
    named = {"network": "fully_connected", "depth": 100, "recipe": "relu, he", "variant": variant}
    named |= {"activation": "relu", "initialization": "he", "cosine": 0.5}
    return {**named, "factor": factor, "effective_rank": effective_rank, **changes}


@pytest.fixture
def studies(tmp_path):
    """Write a frozen study with these tables of the probe."""

    def write(**tables):
        folder = tmp_path / "docs/study/default"
        (folder / "probe").mkdir(parents=True)
        YAML().dump({"probe": {"seeds": [0, 1, 2], "batch_size": 64}}, folder / "params.yaml")
        for name, rows in tables.items():
            pd.DataFrame(rows).to_csv(folder / f"probe/{name}.csv", index=False)
        return Studies(tmp_path)

    return write


def test_a_study_that_lacks_a_table_says_so(studies):
    older = studies()
    assert {write(older) for write in (depth.laws, depth.shortcuts, depth.geometry)} == {depth.EARLIER}
    assert depth.thirds(older["default"], "cifar_resnet") == ""


def test_each_law_is_said_with_its_interval_and_the_fit_of_the_other(studies):
    rows = [
        law("exponential", variant="plain"),
        law("power"),
        law("power", recipe="relu, he"),
        law("level", recipe="relu, he, layer"),
        law("exponential", recipe="tanh, he", activation="tanh"),
    ]
    text = depth.laws(studies(laws=rows))
    assert (
        "* plain `fully_connected`, 10 to 320 layers: exponential, 1.259 per layer (1.000 to 1.585); R² 0.999, of a "
        "power law 0.810"
    ) in text
    assert (
        "* residual `fully_connected`, 10 to 320 layers: depth to the power of 1.25 (1.00 to 1.50); R² 0.810, of an "
        "exponential 0.999"
    ) in text
    assert "with ReLU, of which there are three, two follow a power law and one is level;" in text
    assert "with tanh or sigmoid, of which there is one, one grows exponentially." in text


def test_the_identity_is_set_apart_from_all_other_shortcuts(studies):
    ratios = [
        {"network": network, "shortcut": shortcut, "depth": deep, "seed": seed, "measure": measure}
        | {"log10_ratio": ratio + seed if measure == "weights" else 99.0}
        for network, shortcut, ratio in (
            ("cifar_resnet", "none", 13),
            ("cifar_resnet", "zero_padding", 1),
            ("cifar_preactivation", "zero_padding", 2),
            ("cifar_resnet", "rezero", float("nan")),
        )
        for deep in (20, 56)
        for seed in (0, 1)
        for measure in ("weights", "blocks")
    ]
    fits = [
        law("power", shortcut="zero_padding", measure="weights"),
        law("exponential", shortcut="none", measure="weights"),
    ]
    text = depth.shortcuts(studies(shortcuts=ratios, shortcut_laws=fits))
    assert "At the greatest depth the identity has +1.50 to +2.50, all else +13.50 to +13.50." in text
    assert "Growth of residual networks is a power law with `zero_padding`." in text


def test_recipes_with_even_and_with_growing_gradients_are_counted(studies):
    rows = [
        point(1.01, 1.5),
        point(0.99, 30.0, recipe="relu, he, batch"),
        point(1.3, 3.9, recipe="relu, he, group"),
        point(1.2, 20.0, recipe="tanh, he", activation="tanh"),
        point(0.5, 1.0, recipe="sigmoid, he", activation="sigmoid"),
        point(1.0, 8.0, "residual"),
    ]
    text = depth.geometry(studies(geometry=rows))
    assert (
        "plain, an effective rank below 4 is found in one of two whose factor is within 0.02 of 1, and in one of two "
        "whose factor is greater; residual, an effective rank below 4 is found in none of one"
    ) in text
    assert "tanh" not in text


def test_thirds_come_from_the_input_on(studies):
    rows = [
        {"network": network, "variant": variant, "third": third, "factor": factor + third / 100}
        for network, variant, factor in (
            ("cifar_resnet", "plain", 1.1),
            ("cifar_resnet", "residual", 2),
            ("fully_connected", "plain", 3),
        )
        for third in (1, 2, 3)
    ]
    text = depth.thirds(studies(thirds=rows)["default"], "cifar_resnet")
    assert text == ", and from the input on its thirds have 1.110, 1.120 and 1.130"
