"""What recording gradients costs, against what one would otherwise reach for.

``python -m benchmarks.gradients`` from the root, after ``pip install -r benchmarks/requirements.txt``. Width 8, 28x28
pixels, batch 64, one thread. Each alternative is called on the same gradients, in turn:

* ours: every column of the gradient table (``gradients.statistics`` as committed), for every parameter tensor;
* a loop: the same statistics, tensor by tensor, each brought to the host with ``.item()``;
* TensorBoard: ``add_histogram`` of every gradient;
* wandb: what ``wandb.watch(network, log="gradients")`` adds to a backward pass, offline: histograms only.
"""

import os
import tempfile
from pathlib import Path

import torch
from torch import nn

from benchmarks._networks import residual_network
from benchmarks._timing import interleaved, milliseconds, print_table, ratio
from resgrad.common.config import load, read
from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.recorder import GradientRecorder

ROUNDS = 7


def slow_loop(network: nn.Module, before: list[torch.Tensor]) -> list[dict]:
    """The same statistics as the table's, one tensor and one number at a time."""
    rows = []
    for parameter, weight in zip(network.parameters(), before, strict=True):
        gradient = parameter.grad.double()
        magnitudes = parameter.grad.abs()
        finite = magnitudes[torch.isfinite(magnitudes) & (magnitudes > 0)]
        exponents = (torch.frexp(finite)[1] - 1).clamp(-100, 27)
        rows.append(
            {
                "grad_norm": gradient.norm().item(),
                "grad_mean": gradient.mean().item(),
                "grad_std": gradient.std(correction=0).item(),
                "grad_max": magnitudes.max().item(),
                "zero_fraction": (magnitudes == 0).double().mean().item(),
                "nonfinite": (~torch.isfinite(parameter.grad)).sum().item(),
                "weight_norm": weight.double().norm().item(),
                "update_norm": (parameter.detach() - weight).double().norm().item(),
                "log2_hist": torch.bincount(exponents + 100, minlength=128).tolist(),
            }
        )
    return rows


def main() -> None:
    """Time the alternatives at three depths."""
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
    import wandb
    from torch.utils.tensorboard import SummaryWriter

    torch.set_num_threads(1)
    torch.manual_seed(0)
    images = torch.randn(64, 1, 28, 28).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (64,))
    config = load(GradientsConfig, {**read(Path("params.yaml"))["gradients"], "every": 1, "snapshots": 0}, "gradients")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(folder)
        os.environ["WANDB_DIR"] = folder
        for depth in (20, 56, 110):
            network, watched = residual_network(depth, 1), residual_network(depth, 1)
            optimiser = torch.optim.SGD(network.parameters(), lr=1e-6, momentum=0.9, foreach=True)
            recorder = GradientRecorder(network, images, config, total_steps=1)

            def step(network=network, optimiser=optimiser) -> None:
                nn.functional.cross_entropy(network(images), labels).backward()
                optimiser.step()
                optimiser.zero_grad(set_to_none=False)

            step()
            nn.functional.cross_entropy(network(images), labels).backward()
            before = [p.detach().clone() for p in network.parameters()]

            def ours(recorder=recorder) -> None:
                recorder.before_step(0)
                recorder.after_step(0, 1)

            def histograms(network=network) -> None:
                for name, parameter in network.named_parameters():
                    writer.add_histogram(name, parameter.grad, 0)

            def backward(network=watched) -> None:
                network.zero_grad()
                nn.functional.cross_entropy(network(images), labels).backward()

            wandb.init(project="benchmark", settings=wandb.Settings(silent=True))
            unwatched = interleaved({"backward": backward}, ROUNDS)["backward"]
            wandb.watch(watched, log="gradients", log_freq=1)

            def watched_backward(backward=backward) -> None:
                backward()
                wandb.log({})

            seconds = interleaved(
                {
                    "a training step": step,
                    "ours": ours,
                    "a loop of `.item()` calls": lambda network=network, before=before: slow_loop(network, before),
                    "TensorBoard `add_histogram`": histograms,
                    "`wandb.watch`, offline": watched_backward,
                },
                ROUNDS,
            )
            seconds["`wandb.watch`, offline"] = [
                max(with_watch - without, 0.0)
                for with_watch, without in zip(seconds["`wandb.watch`, offline"], unwatched, strict=True)
            ]
            wandb.finish()
            for name, values in seconds.items():
                share = ratio(values, seconds["a training step"])
                rows.append([str(depth), name, milliseconds(values), share, ratio(values, seconds["ours"])])
            recorded = [a / (a + b) for a, b in zip(seconds["ours"], seconds["a training step"], strict=True)]
            rows[-4][3] = f"{100 * sorted(recorded)[len(recorded) // 2]:.1f} % of a recorded step"
    print(f"torch {torch.__version__}, {ROUNDS} rounds, median (minimum to maximum)\n")
    print_table(["depth", "what", "ms per call", "of a training step", "against ours"], rows)


if __name__ == "__main__":
    main()
