"""Filter-normalised directions and the losses along them, against weights moved by hand."""

import pytest
import torch
from torch.nn import functional

from resgrad.inspection.config import LossSurfaceConfig
from resgrad.inspection.loss_surface import filter_normalised_direction, loss_surface
from tests.unit.network_checks import build, filled

IMAGES = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 3, 4, 5])


def trained(**changes):
    torch.manual_seed(0)
    return filled(build("cifar_resnet", 8, width=2, image_shape=(1, 8, 8), **changes)).eval()


def loss(network):
    with torch.no_grad():
        return functional.cross_entropy(network(IMAGES), LABELS).item()


def test_each_filter_has_the_norm_of_the_one_it_moves_and_nothing_else_moves():
    network = trained()
    direction = filter_normalised_direction(network, 0, "x")
    moving = {name for name in network.state_dict() if name.endswith("weight") and "norm" not in name}
    assert direction.keys() == moving - {"stem.1.weight"}  # a normalisation
    for name, moved in direction.items():
        weight = network.get_parameter(name)
        for own, filter_ in zip(weight, moved, strict=True):
            assert (filter_**2).sum().item() == pytest.approx((own**2).sum().item())


def test_a_filter_of_zeros_stays_where_it_is():
    network = trained()
    with torch.no_grad():
        network.stem[0].weight[1] = 0
    assert not filter_normalised_direction(network, 0, "x")["stem.0.weight"][1].any()


def test_twins_move_in_the_same_directions_and_axes_and_seeds_in_different_ones():
    """Up to the norms of their filters."""

    def unit(network, seed=0, axis="x"):
        filter_ = filter_normalised_direction(network, seed, axis)["stage2.0.conv1.weight"][1]
        return filter_ / filter_.norm()

    residual, plain = trained(), trained(residual=False)
    with torch.no_grad():
        plain.stage2[0].conv1.weight *= 3
    torch.testing.assert_close(unit(residual), unit(plain))
    for other in (unit(residual, axis="y"), unit(residual, seed=1)):
        assert (unit(residual) * other).sum().abs() < 0.9


def test_layers_of_one_shape_move_in_different_directions():
    network = trained()
    direction = filter_normalised_direction(network, 0, "x")
    one, other = (direction[f"stage1.0.{name}.weight"] for name in ("conv1", "conv2"))
    assert one.shape == other.shape
    assert functional.cosine_similarity(one.flatten(), other.flatten(), dim=0).abs() < 0.9


def test_the_losses_are_those_of_the_moved_weights():
    network = trained()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    surface = loss_surface(network, IMAGES, LABELS, LossSurfaceConfig(steps=2, radius=0.5), seed=3)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    side = [-0.5, -0.25, 0, 0.25, 0.5]
    assert surface[["x", "y"]].to_numpy().tolist() == [[x, y] for y in side for x in side]
    points = surface.set_index(["x", "y"])["loss"]
    assert points[0, 0] == pytest.approx(loss(network), rel=1e-12)
    to_x, to_y = (filter_normalised_direction(network, 3, axis) for axis in ("x", "y"))
    with torch.no_grad():
        for name in to_x:
            network.get_parameter(name).add_(0.5 * to_x[name] - 0.25 * to_y[name])
    assert points[0.5, -0.25] == pytest.approx(loss(network), rel=1e-9)
    assert points[0.5, -0.25] != pytest.approx(points[0, 0], rel=1e-3)
