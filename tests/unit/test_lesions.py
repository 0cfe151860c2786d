"""Networks without a block: each against the same computation, with the block removed by hand."""

import math

import pandas as pd
import pytest
import torch

from resgrad.common.kinds import kinds
from resgrad.inspection.lesions import COLUMNS, error_rate, left_out, lesions, shapes
from resgrad.inspection.rerouting import blocks
from resgrad.models import shortcuts
from tests.unit.network_checks import build, filled


def trained(network, depth, **changes):
    """Build a network without special weights, which assigns images to different classes."""
    torch.manual_seed(0)
    made = filled(build(network, depth, image_shape=(1, 8, 8), **{"width": 4, **changes})).eval()
    with torch.no_grad():
        made.head.bias -= made(images()).mean(dim=0)
    return made


def images(count=40):
    return torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def own_answers(network, x):
    """Return the network's predictions as labels, so that the whole network makes no error."""
    return network(x).argmax(dim=1)


def without(network, number, x):
    """Send images through a network of the CIFAR skeleton as if one block did not exist."""
    x = network.stem(x)
    for index, block in enumerate([*network.stage1, *network.stage2, *network.stage3], start=1):
        if index != number:
            x = block(x)
        elif block.shortcut is not None:
            x = torch.relu(block.shortcut(x, 0 * block.branch(x)))
    return network.head(network.tail(x).mean(dim=(2, 3)))


@pytest.mark.parametrize("shortcut", kinds(shortcuts))
def test_a_residual_block_that_is_left_out_is_its_shortcut(shortcut):
    network = trained("cifar_resnet", 14, shortcut=shortcut)
    x = images()
    whole = network(x)
    for number, block in enumerate(blocks(network), start=1):
        with left_out(block):
            lesioned = network(x)
        torch.testing.assert_close(lesioned, without(network, number, x), rtol=1e-9, atol=1e-12)
        assert not torch.allclose(lesioned, whole)
    assert torch.equal(network(x), whole)


def test_a_plain_block_that_is_left_out_hands_its_input_on():
    network = trained("cifar_resnet", 14, residual=False)
    x = images()
    for number, block in enumerate(blocks(network), start=1):
        if number not in (3, 5):  # the first of the second and of the third stage
            with left_out(block):
                torch.testing.assert_close(network(x), without(network, number, x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("residual", [False, True])
def test_errors_are_those_of_a_network_without_the_block(residual):
    network = trained("cifar_resnet", 14, residual=residual)
    x = images()
    labels = own_answers(network, x)
    labels[:10] = (labels[:10] + 1) % 10
    table = lesions(network, x, labels)
    assert table["block"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table["changes_shape"].tolist() == [False, False, True, False, True, False]
    assert table["whole_error"].tolist() == [0.25] * 6
    for row in table.itertuples():
        if row.changes_shape and not residual:
            assert math.isnan(row.error)
        else:
            wrong = without(network, row.block, x).argmax(dim=1) != labels
            assert row.error == pytest.approx(wrong.double().mean().item())
    assert len(set(table["error"].dropna())) > 1


def test_the_network_is_left_as_it_was():
    network = trained("cifar_resnet", 8)
    x = images()
    before = network(x)
    lesions(network, x, own_answers(network, x))
    assert torch.equal(network(x), before)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert not network.training


@pytest.mark.parametrize(
    ("kind", "depth", "changes", "expected"),
    [
        ("cifar_bottleneck", 20, {}, [True, False, True, False, True, False]),
        ("cifar_preactivation", 8, {}, [False, True, True]),
        ("fully_connected", 9, {}, [False] * 3),
        ("vgg", 11, {"residual": False}, [True, True, False]),
        ("vgg", 11, {}, [True, True, False]),
        ("cifar_residual_in_residual", 8, {}, [False, True, True]),
        ("fully_connected", 3, {}, []),
        ("densenet", 10, {}, []),
        ("densenet_bc", 10, {}, []),
    ],
)
def test_every_kind_of_network_has_a_row_for_each_of_its_blocks(kind, depth, changes, expected):
    network = trained(kind, depth, **changes)
    x = images(4)
    table = lesions(network, x, own_answers(network, x))
    assert list(table.columns) == COLUMNS
    assert table["changes_shape"].tolist() == expected
    defined = [error for error, row in zip(table["error"], expected, strict=True) if not row or changes == {}]
    assert all(0 <= error <= 1 for error in defined)


def test_blocks_beside_others_have_rows_too():
    """Residual attention has blocks in its masks."""
    network = build("residual_attention", 56, width=1, image_shape=(1, 8, 8)).double().eval()
    table = lesions(network, images(2), torch.zeros(2, dtype=torch.int64))
    assert len(table) == len(blocks(network)) == len(shapes(network, images(1)))


def test_images_whose_logits_are_not_finite_are_misclassified():
    logits = torch.tensor([[1.0, 0.0], [math.nan, 0.0], [math.inf, 0.0], [0.0, 1.0]])
    network = torch.nn.Identity()
    assert error_rate(network, logits, torch.tensor([0, 0, 0, 0])) == 0.75


def test_a_network_that_does_not_need_a_block_loses_nothing_without_it():
    """Its branch already returns zeros."""
    network = trained("cifar_resnet", 14)
    with torch.no_grad():
        for parameter in network.stage2[1].norm2.parameters():
            parameter.zero_()
    x = images()
    table = lesions(network, x, own_answers(network, x))
    assert isinstance(table, pd.DataFrame)
    assert table["error"].tolist()[3] == 0
    assert table["error"].drop(3).min() > 0
