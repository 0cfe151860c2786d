"""The parts of networks in elementary operations, slow and obvious, to compare the real ones with.

A part takes parameters by name, as in ``named_parameters``, its input and anything else that it needs.
"""

import torch
from torch import nn
from torch.nn import functional


def drawn(module: nn.Module) -> nn.Module:
    """Return the module in float64, with no special values in its parameters."""
    torch.manual_seed(0)
    module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 1
            parameter.normal_(std=fan_in**-0.5)
    return module


def assert_same(module, reference, *inputs):
    """The output, and its gradients for every input and every parameter, are those of ``reference(p, *inputs)``."""
    parameters = dict(module.named_parameters())
    inputs = [x.double().requires_grad_() for x in inputs]
    target = torch.randn_like(module(*inputs))
    results = []
    for output in (module(*inputs), reference(parameters, *inputs)):
        gradients = torch.autograd.grad((output * target).sum(), [*inputs, *parameters.values()])
        results.append([output, *gradients])
    for name, ours, written in zip(["output", *("input" for _ in inputs), *parameters], *results, strict=True):
        torch.testing.assert_close(ours, written, rtol=1e-9, atol=1e-9, msg=lambda m, name=name: f"{name}: {m}")


def below(p, name):
    """Return the parameters of a submodule, with its own names for them."""
    return {key.removeprefix(f"{name}."): value for key, value in p.items() if key.startswith(f"{name}.")}


def weighted(p, name, x, stride=1):
    """A linear layer, or a convolution as a sum of shifted matrix products; with a bias if it has one."""
    weight = p[f"{name}.weight"]
    y = torch.einsum("nc,oc->no", x, weight) if weight.dim() == 2 else _convolved(x, weight, stride)
    bias = p.get(f"{name}.bias")
    return y if bias is None else y + per_channel(bias, y)


def _convolved(x, weight, stride):
    size = weight.shape[2]
    padded = functional.pad(x, (size // 2,) * 4)
    height, width = -(-x.shape[2] // stride), -(-x.shape[3] // stride)
    total = 0
    for i in range(size):
        for j in range(size):
            window = padded[:, :, i : i + stride * height : stride, j : j + stride * width : stride]
            total = total + torch.einsum("nchw,oc->nohw", window, weight[:, :, i, j])
    return total


def per_channel(values, like):
    return values.reshape(1, -1, *[1] * (like.dim() - 2))


def normalised(x, axes):
    """Mean 0 and variance 1 over some axes (Ioffe and Szegedy 2015, algorithm 1)."""
    mean = x.mean(axes, keepdim=True)
    variance = ((x - mean) ** 2).mean(axes, keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5)


def batch_norm(p, name, x):
    """Over the batch and all pixels, in training."""
    y = normalised(x, [axis for axis in range(x.dim()) if axis != 1])
    return y * per_channel(p[f"{name}.weight"], y) + per_channel(p[f"{name}.bias"], y)


def matched(site, x):
    """Every ``stride``-th pixel, and zeros for new channels (He et al. 2015, option A)."""
    if x.dim() == 4:
        x = x[:, :, :: site.stride, :: site.stride]
    zeros = torch.zeros(x.shape[0], site.out_channels - site.in_channels, *x.shape[2:], dtype=x.dtype)
    return torch.cat([x, zeros], dim=1)


def averaged(x):
    """Average squares of 2x2 pixels; those at a border of odd length have fewer."""
    height, width = (range(0, length, 2) for length in x.shape[2:])
    rows = [torch.stack([x[:, :, i : i + 2, j : j + 2].mean((2, 3)) for j in width], dim=2) for i in height]
    return torch.stack(rows, dim=2)


def basic_branch(p, site, x):
    """Two 3x3 convolutions, or two linear layers."""
    kind = "conv" if "conv1.weight" in p else "linear"
    y = torch.relu(batch_norm(p, "norm1", weighted(p, f"{kind}1", x, site.stride)))
    return batch_norm(p, "norm2", weighted(p, f"{kind}2", y))


def bottleneck_branch(p, site, x):
    y = torch.relu(batch_norm(p, "norm1", weighted(p, "conv1", x)))
    y = torch.relu(batch_norm(p, "norm2", weighted(p, "conv2", y, site.stride)))
    return batch_norm(p, "norm3", weighted(p, "conv3", y))


def preactivation_branch(p, site, x):
    """The first block of a network begins with its convolution."""
    y = x if site.number == 1 else torch.relu(batch_norm(p, "norm1", x))
    y = weighted(p, "conv1", y, site.stride)
    return weighted(p, "conv2", torch.relu(batch_norm(p, "norm2", y)))


def preactivation_bottleneck_branch(p, site, x):
    """Likewise."""
    y = x if site.number == 1 else torch.relu(batch_norm(p, "norm1", x))
    y = weighted(p, "conv1", y)
    y = weighted(p, "conv2", torch.relu(batch_norm(p, "norm2", y)), site.stride)
    return weighted(p, "conv3", torch.relu(batch_norm(p, "norm3", y)))


def squeeze_excitation_branch(p, site, x):
    """Hu et al. 2018, equations 2 to 4."""
    y = basic_branch(p, site, x)
    pooled = y.sum((2, 3)) / (y.shape[2] * y.shape[3])
    inner = torch.relu(weighted(p, "excitation.squeeze", pooled))
    gates = 1 / (1 + torch.exp(-weighted(p, "excitation.excite", inner)))
    return y * gates.reshape(*gates.shape, 1, 1)
