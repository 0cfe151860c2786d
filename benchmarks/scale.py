"""What DVC costs as a pipeline grows: ``python -m benchmarks.scale [STAGES ...]``.

Stages like `train`, which depend on 40 files each, in a folder of their own: processor seconds to load the pipeline, to
ask what has changed, and to write one stage into dvc.lock, as a run does every 20 seconds.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._timing import print_table
from resgrad.parallel.pipeline import Pipeline

FILES = 40


def lay_out(stages: int) -> None:
    """Write a pipeline that has run, in the current folder."""
    subprocess.run(["dvc", "init", "--quiet", "--no-scm"], check=True)
    Path("code").mkdir()
    for number in range(FILES):
        Path(f"code/{number}.py").write_text(f"{number}\n", encoding="utf-8")
    deps = "".join(f"      - code/{number}.py\n" for number in range(FILES))
    Path("params.yaml").write_text(f"cells: {list(range(stages))}\n", encoding="utf-8")
    command = "mkdir -p out && echo ${item.cell} > out/${item.cell}"
    Path("dvc.yaml").write_text(
        f"stages:\n  cell:\n    matrix:\n      cell: ${{cells}}\n    cmd: {command}\n"
        f"    deps:\n{deps}    outs:\n      - out/${{item.cell}}\n",
        encoding="utf-8",
    )
    Path("out").mkdir()
    for number in range(stages):
        Path(f"out/{number}").write_text(f"{number}\n", encoding="utf-8")
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
