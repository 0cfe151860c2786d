"""What DVC costs as a pipeline grows: ``python -m benchmarks.scale [STAGES ...]``.

Stages like `train`, with one folder to read, twenty parameters in two files and three outputs: processor seconds to
load the pipeline, to ask what has changed, and to write one stage into dvc.lock, as a run does every 20 seconds.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

from benchmarks._timing import print_table
from resgrad.parallel.pipeline import Pipeline

OUTPUTS = ("runs", "gradients", "times")
STAGES = """stages:
  cell:
    matrix:
      cell: ${cells}
    cmd: python -m cell ${item.cell}
    deps:
      - shards
    params:
      - train
      - resolved.json:
          - code.train
          - model
    outs:
"""


def lay_out(stages: int) -> None:
    """Write a pipeline that has run, in the current folder."""
    subprocess.run(["dvc", "init", "--quiet", "--no-scm"], check=True)
    train, model = ({f"parameter_{number}": number / 10 for number in range(10)} for _ in range(2))
    Path("params.yaml").write_text(json.dumps({"cells": list(range(stages)), "train": train}), encoding="utf-8")
    Path("resolved.json").write_text(json.dumps({"code": {"train": 64 * "0"}, "model": model}), encoding="utf-8")
    outputs = "".join(f"      - {room}/${{item.cell}}\n" for room in OUTPUTS)
    Path("dvc.yaml").write_text(STAGES + outputs, encoding="utf-8")
    for room in ("shards", *OUTPUTS):
        Path(room).mkdir()
    Path("shards/0").write_text("0", encoding="utf-8")
    for room, number in product(OUTPUTS, range(stages)):
        Path(room, str(number)).write_text(f"{number}\n", encoding="utf-8")
    pipeline = Pipeline()
    with pipeline.locked():
        for name in pipeline.names:
            pipeline.ran_elsewhere(name)
    pipeline.write_lockfile()


def seconds(act: Callable[[], object]) -> float:
    """Return the processor time that something takes this process."""
    began = time.process_time()
    act()
    return time.process_time() - began


def measure(stages: int) -> list[float]:
    """Return the table's row of a pipeline with so many stages."""
    load = seconds(Pipeline)
    pipeline = Pipeline()
    asked = seconds(pipeline.changed)
    with pipeline.locked():
        pipeline.ran_elsewhere(pipeline.names[-1])
    written = seconds(pipeline.write_lockfile)
    return [stages, Path("dvc.lock").stat().st_size / 1e6, load, asked, written]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stages", nargs="*", type=int, default=[10, 100])
    print_table(["stages", "dvc.lock, MB", "load, s", "what has changed, s", "write one stage, s"], [])
    for count in parser.parse_args().stages:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            lay_out(count)
            row = " | ".join(f"{figure:.3g}" for figure in measure(count))
            print(f"| {row} |", flush=True)
            os.chdir("/")
