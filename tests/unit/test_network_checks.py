"""The check that a network learns detects networks that cannot."""

import pytest

from tests.unit.network_checks import assert_learns, build


def network():
    return build("cifar_resnet", 8, width=16)


def test_a_network_learns():
    assert_learns(network(), learning_rate=0.1)


@pytest.mark.parametrize("part", ["stem", "stage1.0.norm2", "stage3"])
def test_a_part_whose_gradient_is_cut_off_is_found_out(part):
    cut = network()
    cut.get_submodule(part).register_forward_hook(lambda _module, _inputs, output: output.detach())
    with pytest.raises(AssertionError, match="unmoved"):
        assert_learns(cut, learning_rate=0.1)


@pytest.mark.parametrize("factor", [-1, 1e-4])
def test_steps_that_do_not_lead_down_are_found_out(factor):
    led_astray = network()
    for parameter in led_astray.parameters():
        parameter.register_hook(lambda gradient: factor * gradient)
    with pytest.raises(AssertionError, match="hardly falls"):
        assert_learns(led_astray, learning_rate=0.1)
