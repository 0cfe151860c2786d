"""Networks with reordered blocks, against blocks called in that order."""

from collections import Counter

import pytest
import torch

from resgrad.inspection.reordering import COLUMNS, draw_swaps, order_after, powers_of_two, reordered, reorderings
from resgrad.inspection.rerouting import blocks
from tests.unit.test_lesions import images, own_answers, trained


def in_order(network, order, x):
    x = network.stem(x)
    for index in order:
        x = blocks(network)[index](x)
    return network.head(network.tail(x).mean(dim=(2, 3)))


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize(
    "order", [[0, 1, 2, 3, 4, 5, 6, 7, 8], [2, 0, 1, 3, 5, 4, 6, 7, 8], [1, 0, 2, 3, 4, 5, 6, 8, 7]]
)
def test_blocks_work_in_the_new_order_and_go_back_to_their_places(residual, order):
    network = trained("cifar_resnet", 20, residual=residual)
    x = images()
    whole, names = network(x), list(network.state_dict())
    expected = in_order(network, order, x)
    with reordered(network, order):
        assert torch.equal(network(x), expected)
    assert torch.equal(network(x), whole)
    assert list(network.state_dict()) == names


def test_blocks_go_back_to_their_places_whatever_happens():
    network = trained("cifar_resnet", 20)
    before = blocks(network)
    with pytest.raises(KeyboardInterrupt), reordered(network, [1, 0, 2, 3, 4, 5, 6, 7, 8]):
        raise KeyboardInterrupt
    assert blocks(network) == before


def test_swaps_act_on_what_stands_at_two_places_one_after_the_other():
    assert order_after([(0, 1), (1, 2)], 4) == [1, 2, 0, 3]
    assert order_after([(0, 1), (0, 1)], 2) == [0, 1]


def test_numbers_of_swaps_are_powers_of_two():
    assert [powers_of_two(most) for most in (1, 2, 7, 8)] == [[1], [1, 2], [1, 2, 4], [1, 2, 4, 8]]


def test_pairs_are_drawn_evenly_from_their_seed_alone_as_many_as_there_are_blocks():
    pairs = [(1, 2), (1, 4), (2, 4), (6, 7)]
    drawn = Counter(pair for number in range(400) for pair in draw_swaps(pairs, 0, number))
    assert sum(drawn.values()) == 400 * 5
    assert set(drawn) == set(pairs)
    assert max(abs(count - 500) for count in drawn.values()) < 100  # five standard deviations
    torch.manual_seed(5)
    assert draw_swaps(pairs, 0, 1) == draw_swaps(pairs, 0, 1)
    assert draw_swaps(pairs, 0, 1) != draw_swaps(pairs, 0, 2)
    assert draw_swaps(pairs, 0, 1) != draw_swaps(pairs, 1, 1)


@pytest.mark.parametrize("residual", [False, True])
def test_errors_are_those_of_the_network_in_the_drawn_order(residual):
    """Depth 20: three blocks per stage; the first block of the second and of the third stage has its own shape."""
    network = trained("cifar_resnet", 20, residual=residual)
    x = images()
    labels = own_answers(network, x)
    labels[0] = (labels[0] + 1) % (labels.max() + 2)
    table = reorderings(network, x, labels, count=3, seed=7)
    assert list(table.columns) == COLUMNS
    assert table["swaps"].tolist() == [1, 2, 4] * 3  # of seven blocks
    assert table["reordering"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert table["whole_error"].tolist() == pytest.approx([1 / len(x)] * 9)
    pairs = [(0, 1), (0, 2), (1, 2), (4, 5), (7, 8)]
    for row in table.itertuples():
        order = order_after(draw_swaps(pairs, 7, row.reordering)[: row.swaps], 9)
        wrong = in_order(network, order, x).argmax(dim=1) != labels
        assert row.error == pytest.approx(wrong.double().mean().item())
        discordant = sum(order[i] > order[j] for i in range(9) for j in range(i + 1, 9))
        assert row.kendall_tau == pytest.approx(1 - 2 * discordant / 36)
    assert table["error"].max() > 0


def test_twins_are_reordered_in_the_same_ways():
    x = images(4)
    orders = [
        reorderings(network, x, own_answers(network, x), count=4, seed=0)["kendall_tau"].tolist()
        for network in (trained("cifar_resnet", 20, residual=residual) for residual in (False, True))
    ]
    assert orders[0] == orders[1]


@pytest.mark.parametrize(
    ("kind", "depth", "swappable"),
    [
        ("cifar_resnet", 8, False),  # a block of each shape
        ("cifar_resnet", 14, True),  # the two of the first stage
        ("vgg", 11, False),
        ("densenet", 10, False),
        ("fully_connected", 3, False),
        ("fully_connected", 6, True),
        ("cifar_bottleneck", 29, True),
        ("cifar_wide", 22, True),
    ],
)
def test_networks_without_two_blocks_of_equal_shape_have_no_row(kind, depth, swappable):
    network = trained(kind, depth)
    x = images(4)
    table = reorderings(network, x, own_answers(network, x), count=1, seed=0)
    assert list(table.columns) == COLUMNS
    assert (len(table) > 0) is swappable
