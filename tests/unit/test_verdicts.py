import numpy as np
import pandas as pd
import pytest

from resgrad.common.config import ParameterError, load
from resgrad.gradients.verdicts import VerdictsConfig, hidden_signals, judge, signals

THRESHOLDS = VerdictsConfig(vanishing_log10=-4.0, exploding_log10=2.0)


def backward(seed, convolution, linear, head, *, error=0.1, weight=1.0):
    """Return the table of two layers and a head; norms of the weights are ``weight``, 10 and 100."""
    rows = [
        ("head", "linear", "weight", 3, 30, head, 100.0),
        ("head", "linear", "bias", 3, 3, error, 0.0),
        ("stem.0", "conv", "weight", 0, 18, convolution, weight),
        ("stem.1", "norm", "weight", 1, 2, 7e7, 1.0),
        ("block.shortcut.conv", "shortcut", "weight", 2, 4, 8e8, 1.0),
        ("block.linear", "linear", "weight", 2, 20, linear, 10.0),
        ("block.linear", "linear", "bias", 2, 2, 9e9, 1.0),
    ]
    columns = ["layer", "kind", "param", "layer_index", "numel", "grad_norm", "weight_norm"]
    return pd.DataFrame(rows, columns=columns).assign(seed=seed)


def signal(table):
    return signals(table, ["seed"]).sort_values(["seed", "position"])["log10_signal"].tolist()


def verdicts(*ends):
    """Judge backward passes of two layers with these signals."""
    rows = [(seed, value) for seed, values in enumerate(ends) for value in values]
    return judge(pd.DataFrame(rows, columns=["seed", "log10_signal"]), ["seed"], THRESHOLDS)


def test_a_signal_is_the_relative_gradient_per_unit_of_error():
    table = signals(backward(0, 5.0, 2.0, 0.5), ["seed"]).sort_values("position")
    assert table["layer"].tolist() == ["stem.0", "block.linear", "head"]
    assert table["position"].tolist() == [1, 2, 3]
    assert table["numel"].tolist() == [18, 20, 30]
    assert table["log10_norm"].tolist() == pytest.approx(np.log10([5, 2, 0.5]))
    assert table["log10_signal"].tolist() == pytest.approx(np.log10([5 / 1 / 0.1, 2 / 10 / 0.1, 0.5 / 100 / 0.1]))


def test_a_smaller_error_alone_changes_no_signal():
    assert signal(backward(0, 5e-9, 2e-9, 5e-10, error=1e-10)) == pytest.approx(signal(backward(0, 5.0, 2.0, 0.5)))


def test_passes_are_told_apart_by_the_columns_that_name_them():
    both = pd.concat([backward(0, 5.0, 2.0, 0.5), backward(1, 5e-30, 2.0, 0.5, error=0.01)])
    assert signal(both) == pytest.approx(np.log10([50, 2, 0.05, 5e-28, 20, 0.5]))


def test_a_gradient_of_exactly_0_is_below_everything_and_one_that_is_not_finite_above():
    assert signal(backward(0, 0.0, np.nan, np.inf)) == [-np.inf, np.inf, np.inf]
    norms = signals(backward(0, 0.0, np.nan, np.inf), ["seed"]).sort_values("position")["log10_norm"]
    assert norms.tolist() == [-np.inf, np.inf, np.inf]
    assert signal(backward(0, 1.0, 1.0, 1.0, error=np.nan)) == [np.inf] * 3
    assert signal(backward(0, 1.0, 1.0, 1.0, error=1.0, weight=np.nan))[0] == np.inf


def test_weights_that_are_all_0_have_no_signal_and_an_error_of_0_none_at_all():
    assert len(signal(backward(0, 1.0, 1.0, 1.0, weight=0.0))) == 2
    assert signal(backward(0, 0.0, 0.0, 0.0, error=0.0)) == []


def test_the_extremes_over_layers_decide():
    result = verdicts([-4.1, 0], [-3.9, 1.9], [0, 2.1], [-4.0, 2.0])
    assert result["verdict"].tolist() == ["vanishing", "healthy", "exploding", "healthy"]
    assert result[["lowest", "highest"]].to_numpy().tolist() == [[-4.1, 0], [-3.9, 1.9], [0, 2.1], [-4, 2]]


def test_passes_keep_the_order_of_their_signals():
    rows = pd.DataFrame({"seed": [1, 1, 0, 2, 2], "log10_signal": [-5.0, 0.0, 0.0, 3.0, 0.0]})
    result = judge(rows, ["seed"], THRESHOLDS)
    assert result["seed"].tolist() == [1, 0, 2]
    assert result["verdict"].tolist() == ["vanishing", "healthy", "exploding"]


def test_where_both_thresholds_are_passed_the_larger_excess_decides():
    assert verdicts([-9, 4], [-5, 4])["verdict"].tolist() == ["vanishing", "exploding"]


def test_what_is_not_finite_exceeds_everything():
    table = verdicts([-np.inf, 30], [-50, np.inf], [-np.inf, np.inf])
    assert table["verdict"].tolist() == ["vanishing", "exploding", "exploding"]


@pytest.mark.parametrize(("key", "value"), [("vanishing_log10", 1.0), ("exploding_log10", -1.0)])
def test_a_threshold_on_the_wrong_side_is_refused(key, value):
    with pytest.raises(ParameterError, match=rf"verdicts\.{key} is {value}; allowed: (less|greater) than 0"):
        load(VerdictsConfig, {**THRESHOLDS.model_dump(), key: value}, "verdicts")


def test_hidden_signals_are_those_between_the_first_and_the_last_layer():
    rows = [
        (seed, position, [9.0, 2.0, seed - 1.0, -9.0][position - 1]) for seed in (1, 0) for position in (1, 2, 3, 4)
    ]
    table = pd.DataFrame(rows, columns=["seed", "position", "log10_signal"])
    assert hidden_signals(table, ["seed"]).to_dict("list") == {
        "seed": [1, 0],
        "lowest": [0.0, -1.0],
        "highest": [2.0, 2.0],
    }
    assert hidden_signals(table[table["position"] < 3], ["seed"]).empty
