import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from resgrad.common.cells import Cell
from resgrad.gradients.recorder import GradientRecorder, describe_tensors, recorded_steps
from resgrad.gradients.table import gradient_table, write_table
from resgrad.models import build_network
from tests.unit.gradient_configs import gradients_config
from tests.unit.model_configs import DEPTHS, model_config

CELL = Cell("mnist", "residual", 8, 3)
STATISTICS = gradients_config().statistics


def network(depth=8, **changes):
    config = model_config(width=2, **changes)
    built = build_network(config, depth=depth, residual=True, image_shape=(1, 8, 8), classes=3, seed=0)
    return built.to(memory_format=torch.channels_last)


def batch():
    generator = torch.Generator().manual_seed(5)
    return torch.randn(6, 1, 8, 8, generator=generator), torch.tensor([0, 1, 2, 0, 1, 2])


def step(net, optimiser):
    images, labels = batch()
    optimiser.zero_grad()
    nn.functional.cross_entropy(net(images), labels).backward()


def test_steps_are_those_divisible_and_the_last():
    assert recorded_steps(10, 25) == [0, 10, 20, 24]
    assert recorded_steps(10, 21) == [0, 10, 20]
    assert recorded_steps(100, 1) == [0]


def test_due_are_the_steps_to_record_and_snapshots_are_spread_over_them():
    config = gradients_config(every=2, snapshots=4)
    recorder = GradientRecorder(network(), batch()[0], config, total_steps=140)
    assert [step for step in range(140) if recorder.due(step)] == [*range(0, 140, 2), 139]
    assert sorted(recorder._snapshots) == [0, 46, 94, 139]


def test_layers_are_numbered_in_the_order_of_the_forward_pass():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.second = nn.Linear(2, 2)
            self.first = nn.Linear(2, 2, bias=False)

        def forward(self, x):
            return self.second(self.first(x))

    infos = describe_tensors(Backwards(), torch.zeros(1, 2))
    assert [(i.layer, i.param, i.layer_index, i.numel) for i in infos] == [
        ("second", "weight", 1, 4),
        ("second", "bias", 1, 2),
        ("first", "weight", 0, 4),
    ]


def test_a_projection_is_numbered_after_the_convolutions_it_runs_beside():
    infos = {f"{i.layer}.{i.param}": i for i in describe_tensors(network(shortcut="projection"), batch()[0])}
    index = {name: info.layer_index for name, info in infos.items()}
    assert index["stem.0.weight"] == 0
    projection = index["stage2.0.shortcut.projection.conv.weight"]
    assert index["stage2.0.norm2.weight"] < projection < index["stage3.0.conv1.weight"]
    assert infos["head.weight"].kind == "linear"
    assert infos["stage2.0.shortcut.projection.norm.bias"].kind == "shortcut"


def test_a_layer_of_unknown_kind_is_not_passed_over():
    class Unheard(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))

        def forward(self, x):
            return x * self.weight

    with pytest.raises(TypeError, match="no kind is known for Unheard"):
        describe_tensors(nn.Sequential(Unheard()), torch.zeros(1, 2))


KINDS = {
    "cifar_bottleneck": {"conv", "norm", "shortcut", "linear"},
    "cifar_preactivation": {"conv", "norm", "shortcut", "linear"},
    "cifar_preactivation_bottleneck": {"conv", "norm", "shortcut", "linear"},
    "cifar_residual_in_residual": {"conv", "norm", "shortcut", "linear"},
    "cifar_resnet": {"conv", "norm", "shortcut", "linear"},
    "cifar_squeeze_excitation": {"conv", "norm", "excitation", "shortcut", "linear"},
    "cifar_wide": {"conv", "norm", "shortcut", "linear"},
    "fully_connected": {"linear", "norm", "shortcut"},
}


@pytest.mark.parametrize(("kind", "expected"), KINDS.items())
@pytest.mark.parametrize("shortcut", ["all_projection", "highway", "rezero"])
@pytest.mark.parametrize(
    ("changes", "more"), [({}, set()), ({"normalization": "scalar", "activation": "prelu"}, {"activation"})]
)
def test_every_layer_of_every_network_has_a_kind(kind, expected, shortcut, changes, more):
    infos = describe_tensors(network(DEPTHS[kind], network=kind, shortcut=shortcut, **changes), batch()[0])
    assert {info.kind for info in infos} == expected | more
    assert {info.kind for info in infos if ".shortcut" in info.layer} == {"shortcut"}
    assert {info.kind for info in infos if ".excitation." in info.layer} == {"excitation"} & expected


RECORDED = {
    "cifar_resnet": {},
    "parameters without dimensions": {"shortcut": "rezero", "normalization": "scalar"},
    "fully_connected": {"network": "fully_connected"},
}


@pytest.fixture(params=RECORDED)
def recorded(request, tmp_path):
    """Two recorded steps of SGD with clipping, and the same values from a loop over the parameters."""
    net = network(**RECORDED[request.param])
    optimiser = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9, foreach=True)
    recorder = GradientRecorder(net, batch()[0], gradients_config(every=1, snapshots=2), total_steps=2)
    seen = []
    for number in range(2):
        step(net, optimiser)
        recorder.before_step(number)
        before = [(p.grad.double().clone(), p.detach().double().clone()) for p in net.parameters()]
        nn.utils.clip_grad_norm_(net.parameters(), 0.01)
        optimiser.step()
        recorder.after_step(number, epoch=number + 1)
        for (name, p), (gradient, weight) in zip(net.named_parameters(), before, strict=True):
            seen.append((name, number, gradient, weight, p.detach().double().clone()))
    path = tmp_path / "table.parquet"
    write_table(path, CELL, recorder.recording, STATISTICS)
    return pq.read_table(path), seen, recorder.recording


def test_each_row_of_the_table_matches_a_loop_over_the_parameters(recorded):
    table, seen, _ = recorded
    rows = table.to_pylist()
    assert len(rows) == len(seen)
    for row, (name, number, gradient, weight, moved) in zip(rows, seen, strict=True):
        assert f"{row['layer']}.{row['param']}" == name
        assert (row["dataset"], row["variant"], row["depth"], row["seed"]) == CELL
        assert (row["step"], row["epoch"], row["numel"]) == (number, number + 1, gradient.numel())
        assert row["grad_norm"] == pytest.approx(gradient.norm().item(), rel=1e-12)
        assert row["grad_mean"] == pytest.approx(gradient.mean().item(), rel=1e-9, abs=1e-18)
        assert row["grad_std"] == pytest.approx(gradient.std(correction=0).item(), rel=1e-9)
        assert row["grad_max"] == gradient.abs().max().item()
        assert row["zero_fraction"] == (gradient == 0).double().mean().item()
        assert row["nonfinite"] == 0
        assert row["weight_norm"] == pytest.approx(weight.norm().item(), rel=1e-12)
        assert row["update_norm"] == pytest.approx((moved.float() - weight.float()).double().norm().item(), rel=1e-12)
        exponents = torch.frexp(gradient[gradient != 0].abs())[1] - 1
        assert row["log2_hist"] == torch.bincount(exponents + 100, minlength=128).tolist()


def test_the_table_has_these_columns(recorded):
    """They are an interface: readers of the table rely on them."""
    table, *_ = recorded
    assert table.schema.equals(gradient_table(STATISTICS).schema)
    assert [f"{field.name} {field.type}" for field in table.schema] == [
        "dataset string",
        "variant string",
        "depth int32",
        "seed int64",
        "step int32",
        "epoch int32",
        "layer string",
        "kind string",
        "param string",
        "layer_index int32",
        "numel int32",
        "grad_norm double",
        "grad_mean double",
        "grad_std double",
        "grad_max double",
        "zero_fraction double",
        "nonfinite int64",
        "weight_norm double",
        "update_norm double",
        "log2_hist fixed_size_list<element: int32>[128]",
    ]


@pytest.mark.parametrize(
    ("chosen", "difference"),
    [
        ([*STATISTICS, "toy"], "missing: toy; surplus: none"),
        ([name for name in STATISTICS if name != "grad_std"], "missing: none; surplus: grad_std"),
    ],
)
def test_nothing_that_is_recorded_is_dropped_and_nothing_chosen_is_left_out(
    recorded, tmp_path, add_statistic, chosen, difference
):
    add_statistic("toy", "return step.gradients.norms")
    with pytest.raises(ValueError, match=f"The table gradients .* {difference}"):
        write_table(tmp_path / "other.parquet", CELL, recorded[2], chosen)
    assert not (tmp_path / "other.parquet").exists()


def test_a_statistic_may_not_be_called_as_another_column(add_statistic):
    add_statistic("step", "return step.gradients.norms")
    with pytest.raises(ValueError, match="several columns called step"):
        gradient_table(["grad_norm", "step"])


def test_snapshots_hold_the_raw_gradient_of_the_first_layer_with_weights(recorded):
    _, seen, recording = recorded
    first = {"stem.0.weight", "stem.1.weight"}  # convolution and its norm, or flattening and the linear layer
    expected = {number: gradient for name, number, gradient, *_ in seen if name in first and gradient.dim() > 1}
    assert recording.snapshots.keys() == expected.keys()
    for number, gradient in recording.snapshots.items():
        np.testing.assert_array_equal(gradient, expected[number].float().numpy())


def test_non_finite_gradients_are_recorded_as_such():
    net = network()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    recorder = GradientRecorder(net, batch()[0], gradients_config(every=1, snapshots=0), total_steps=1)
    step(net, optimiser)
    net.head.bias.grad[0] = float("nan")
    net.stem[0].weight.grad.view(-1)[:2] = float("inf")
    recorder.before_step(0)
    optimiser.step()
    recorder.after_step(0, epoch=1)
    columns = {name: values[0] for name, values in recorder.recording.columns.items()}
    tensors = [f"{t.layer}.{t.param}" for t in recorder.recording.tensors]
    nonfinite = dict(zip(tensors, columns["nonfinite"].tolist(), strict=True))
    assert {name: count for name, count in nonfinite.items() if count} == {"stem.0.weight": 2, "head.bias": 1}
    assert columns["grad_norm"][tensors.index("stem.0.weight")] == np.inf
    assert np.isnan(columns["grad_norm"][tensors.index("head.bias")])
    assert np.isfinite(columns["grad_norm"][tensors.index("head.weight")])


def test_recording_changes_neither_weights_nor_random_state():
    def run(record: bool):
        torch.manual_seed(0)
        net = network()
        optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
        if record:
            recorder = GradientRecorder(net, batch()[0], gradients_config(every=1, snapshots=3), total_steps=3)
        for number in range(3):
            step(net, optimiser)
            if record:
                recorder.before_step(number)
            optimiser.step()
            if record:
                recorder.after_step(number, epoch=1)
        return net.state_dict(), torch.get_rng_state(), net.training

    (weights, state, mode), (weights_recorded, state_recorded, mode_recorded) = run(False), run(True)
    assert torch.equal(state, state_recorded)
    assert mode == mode_recorded
    for name, tensor in weights.items():
        assert torch.equal(tensor, weights_recorded[name]), name
