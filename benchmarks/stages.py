"""What it costs each stage to compute the same bytes on every processor: portable kernels against native ones.

``python -m benchmarks.stages`` from the root, after ``dvc repro``. Each choice has a copy of the working tree, in which
the stages run, in turn. Processor time is compared, since other work changes it less than time on the clock.
"""

import argparse
import shutil
import tempfile
from functools import partial
from pathlib import Path

from dvc.utils.hydra import apply_overrides
from tqdm import tqdm

from benchmarks._process import ROOT, measure
from benchmarks._timing import in_turn, print_table, ratio, spread
from resgrad.common.processor import describe_processor

KERNELS = ("native", "portable")
COPIED = ("stages", "src", "data", "params.yaml")
STAGES = (
    "probe",
    "train mnist residual 20 0",
    "train plantvillage residual 56 0",
    "evaluate mnist",
    "compare mnist",
    "inspect mnist",
    "audit plantvillage",
)
"""One of each kind that computes; `rate` trains as `train` does."""


def copy_of_the_run(folder: Path, kernels: str) -> None:
    """Copy what stages need to a new folder, and choose the kernels there."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / name)
    (folder / "metrics").mkdir()
    apply_overrides(str(folder / "params.yaml"), [f"train.kernels={kernels}"])


def processor_seconds(stage: str, folder: Path) -> float:
    """Run a stage in a folder; return the seconds of the processors that it took."""
    name, *arguments = stage.split()
    return measure(["-m", f"stages.{name}", *arguments], folder).processor


def main(rounds: int) -> None:
    """Time every stage both ways."""
    print(f"{', '.join(describe_processor().values())}; {rounds} rounds\n")
    header = ["stage", *(f"processor s, {kernels}" for kernels in KERNELS), "portable against native"]
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folders = {kernels: Path(temporary, kernels) for kernels in KERNELS}
        for kernels, folder in folders.items():
            copy_of_the_run(folder, kernels)
        for stage in tqdm(STAGES, "Stages", disable=None):
            calls = {kernels: partial(processor_seconds, stage, folder) for kernels, folder in folders.items()}
            seconds = in_turn(calls, rounds)
            rows.append([stage, *map(spread, seconds.values()), ratio(seconds["portable"], seconds["native"], 2)])
    print_table(header, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args().rounds)
