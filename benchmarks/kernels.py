"""What it costs to compute the same bytes on every processor: training steps with portable kernels and native ones.

``python -m benchmarks.kernels`` from the root. Batch 32 of 3x32x32, one thread. Each choice has a process of its own,
since it is made before torch is imported; the two take steps in turn. Where a processor has no AVX-512, nothing differs
but MKL: the matrix products.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks._timing import interleaved, milliseconds, print_table, ratio
from resgrad.common.kernels import fix_instruction_set
from resgrad.common.processor import describe_processor

BATCH, SHAPE, STEPS, ROUNDS = 32, (3, 32, 32), 3, 9
NETWORKS = [
    ("cifar_resnet", 20, 8),
    ("cifar_resnet", 20, 16),
    ("cifar_preactivation", 20, 8),
    ("cifar_bottleneck", 20, 8),
    ("cifar_squeeze_excitation", 20, 8),
    ("cifar_residual_in_residual", 20, 8),
    ("densenet", 40, 8),
    ("fully_connected", 100, 64),
    ("fully_connected", 100, 256),
    ("imagenet_resnet", 18, 16),
    ("residual_attention", 56, 8),
    ("vgg", 11, 16),
]
"""Kind, depth and width; all are residual."""


def take_steps(kind: str, depth: int, width: int) -> None:
    """Take a few training steps in this process."""
    step = make_step(kind, depth, width)
    for _ in range(STEPS):
        step()


@cache
def make_step(kind: str, depth: int, width: int) -> Callable[[], None]:
    """Return a function that takes one step of a network on a fixed batch of noise."""
    import torch
    from torch import nn

    from resgrad.common.config import read
    from resgrad.models import build_network
    from resgrad.models.config import load_model

    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = load_model({**read(Path("params.yaml"))["model"], "network": kind, "width": width})
    network = build_network(config, depth=depth, residual=True, image_shape=SHAPE, classes=10, seed=0)
    network.to(memory_format=torch.channels_last)
    images = torch.randn(BATCH, *SHAPE).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (BATCH,))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, foreach=True)

    def step() -> None:
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimiser.step()

    return step


def main() -> None:
    """Time every network both ways."""
    pools = {
        kernels: ProcessPoolExecutor(1, get_context("spawn"), fix_instruction_set, (kernels,))
        for kernels in ("native", "portable")
    }

    def elsewhere(pool: ProcessPoolExecutor, *network: str | int) -> None:
        pool.submit(take_steps, *network).result()

    print(f"{', '.join(describe_processor().values())}; {ROUNDS} rounds of {STEPS} steps\n")
    rows = []
    for network in NETWORKS:
        calls = interleaved({name: partial(elsewhere, pool, *network) for name, pool in pools.items()}, ROUNDS)
        seconds = {name: [value / STEPS for value in values] for name, values in calls.items()}
        times = [milliseconds(seconds[name]) for name in pools]
        rows.append([*map(str, network), *times, ratio(seconds["portable"], seconds["native"])])
    header = ["network", "depth", "width", "ms a step, native", "portable", "against native"]
    print_table(header, rows)
    for pool in pools.values():
        pool.shutdown()


if __name__ == "__main__":
    main()
