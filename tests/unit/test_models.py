import pytest
import torch
from torch.nn import functional

from resgrad.config import ParameterError
from resgrad.models import build_network, check_network, cifar_resnet
from resgrad.models.blocks import ConvolutionalBlock, IdentityBlock
from resgrad.models.config import ModelConfig


def build(depth=20, *, residual=True, width=16, shortcut="A", seed=0, in_channels=3):
    config = ModelConfig(residual=True, network="cifar_resnet", width=width, shortcut=shortcut)
    return build_network(config, depth=depth, residual=residual, in_channels=in_channels, classes=10, seed=seed)


@pytest.mark.parametrize(
    ("depth", "published"), [(20, "0.27"), (32, "0.46"), (44, "0.66"), (56, "0.85"), (110, "1.7"), (1202, "19.4")]
)
def test_parameter_counts_are_the_published_ones(depth, published):
    """He et al. 2015, table 6, in millions."""
    with torch.device("meta"):  # shapes without memory
        network = cifar_resnet.build(depth=depth, width=16, in_channels=3, classes=10, residual=True, shortcut="A")
    millions = sum(p.numel() for p in network.parameters()) / 1e6
    assert f"{millions:.{len(published.split('.')[1])}f}" == published


@pytest.mark.parametrize("depth", [20, 56])
def test_depth_counts_the_layers_with_weights_on_the_longest_path(depth):
    network = build(depth)
    weighted = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    assert len(weighted) == depth


@pytest.mark.parametrize("depth", [2, 7, 19, 57])
def test_a_depth_that_does_not_exist_is_refused(depth):
    with pytest.raises(ParameterError, match=rf"depths has {depth}; allowed: 6n\+2"):
        check_network("cifar_resnet", depth)


def test_a_helper_module_is_no_kind_of_network():
    with pytest.raises(ParameterError, match=r"model.network is 'blocks'; allowed: cifar_resnet\."):
        check_network("blocks", 20)


def test_the_first_image_size_halves_twice_and_channels_double():
    network = build(20, width=4)
    shapes = []
    for stage in (network.stem, network.stage1, network.stage2, network.stage3):
        stage.register_forward_hook(lambda _m, _i, output: shapes.append(tuple(output.shape)))
    logits = network(torch.zeros(2, 3, 16, 16))
    assert shapes == [(2, 4, 16, 16), (2, 4, 16, 16), (2, 8, 8, 8), (2, 16, 4, 4)]
    assert logits.shape == (2, 10)


def test_twins_have_the_same_parameters_and_the_same_initial_weights():
    plain, residual = build(residual=False), build(residual=True)
    assert list(plain.state_dict()) == list(residual.state_dict())
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, residual.state_dict()[name]), name


def test_with_projections_the_shared_parameters_still_agree():
    plain, residual = build(residual=False, shortcut="B"), build(residual=True, shortcut="B")
    added = set(residual.state_dict()) - set(plain.state_dict())
    assert {name.split(".shortcut.")[0] for name in added} == {"stage2.0", "stage3.0"}
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, residual.state_dict()[name]), name


def test_another_seed_gives_other_weights():
    assert not torch.equal(build(seed=0).stem[0].weight, build(seed=1).stem[0].weight)


def test_layers_of_the_same_shape_start_differently_and_biases_at_zero():
    network = build()
    assert not torch.equal(network.stage1[0].conv1.weight, network.stage1[0].conv2.weight)
    assert torch.equal(network.head.bias, torch.zeros(10))


def test_the_whole_network_is_stem_blocks_mean_and_head():
    """Depth 8 written out: a block per stage, around them the stem and the head."""
    network = build(8, width=2).double()
    x = torch.randn(4, 3, 8, 8, dtype=torch.float64)
    y = torch.relu(normalise(convolve(x, network.stem[0].weight, 1)))
    y = torch.relu(body(network.stage1[0], y, 1) + y)
    for block in (network.stage2[0], network.stage3[0]):
        y = torch.relu(body(block, y, 2) + padded(block, y))
    expected = y.sum((2, 3)) / (y.shape[2] * y.shape[3]) @ network.head.weight.T + network.head.bias
    torch.testing.assert_close(network(x), expected, rtol=1e-9, atol=1e-9)


def test_initial_weights_have_the_variance_of_he_et_al():
    weight = build(width=64).stage3[1].conv1.weight
    fan_in = 256 * 9
    assert weight.var().item() == pytest.approx(2 / fan_in, rel=0.02)
    assert abs(weight.mean().item()) < 0.01 * weight.std().item() * 3


# --- forward and backward against the formula, written out -------------------------------------------------------


def normalise(x):
    """Batch norm in training mode with scale 1 and shift 0 (Ioffe and Szegedy 2015, algorithm 1)."""
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5)


def convolve(x, weight, stride):
    """A 3x3 convolution as nine shifted matrix products."""
    padded = functional.pad(x, (1, 1, 1, 1))
    height, width = -(-x.shape[2] // stride), -(-x.shape[3] // stride)
    total = 0
    for i in range(3):
        for j in range(3):
            window = padded[:, :, i : i + stride * height : stride, j : j + stride * width : stride]
            total = total + torch.einsum("nchw,oc->nohw", window, weight[:, :, i, j])
    return total


def body(block, x, stride):
    y = torch.relu(normalise(convolve(x, block.conv1.weight, stride)))
    return normalise(convolve(y, block.conv2.weight, 1))


def padded(block, x):
    zeros = torch.zeros(x.shape[0], block.conv1.out_channels - x.shape[1], *x[:, :, ::2, ::2].shape[2:], dtype=x.dtype)
    return torch.cat([x[:, :, ::2, ::2], zeros], dim=1)


def projected(block, x):
    return normalise(torch.einsum("nchw,oc->nohw", x[:, :, ::2, ::2], block.shortcut.conv.weight[:, :, 0, 0]))


CASES = {
    "identity": (lambda: IdentityBlock(4, residual=True), 1, lambda _block, x: x),
    "identity, plain": (lambda: IdentityBlock(4, residual=False), 1, lambda _block, _x: 0),
    "option A": (lambda: ConvolutionalBlock(4, 6, 2, residual=True, shortcut="A"), 2, padded),
    "option B": (lambda: ConvolutionalBlock(4, 6, 2, residual=True, shortcut="B"), 2, projected),
    "convolutional, plain": (lambda: ConvolutionalBlock(4, 6, 2, residual=False, shortcut="A"), 2, lambda *_: 0),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [6, 7])
def test_forward_and_gradients_match_the_written_out_block(case, size):
    make, stride, shortcut = CASES[case]
    torch.manual_seed(1)
    block = make().double()
    x = torch.randn(3, 4, size, size, dtype=torch.float64, requires_grad=True)
    target = torch.randn_like(block(x))
    results = []
    for output in (block(x), torch.relu(body(block, x, stride) + shortcut(block, x))):
        weights = [p for p in block.parameters() if p.dim() == 4]
        gradients = torch.autograd.grad((output * target).sum(), [x, *weights])
        results.append((output, *gradients))
    for ours, reference in zip(*results, strict=True):
        torch.testing.assert_close(ours, reference, rtol=1e-9, atol=1e-9)
