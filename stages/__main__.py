"""Run the pipeline on all cores or many machines: ``python -m stages [--jobs N | --scheduler ADDRESS] [TARGET ...]``.

Targets are those of ``dvc repro``.
"""

import argparse
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from resgrad.common.config import read
from resgrad.download.changes import changed_sources
from resgrad.parallel.pipeline import Pipeline, PipelineError
from resgrad.training.accelerators import accelerators
from stages._run import run


def main(targets: list[str], jobs: int | None, scheduler: str | None) -> None:
    """Ask DVC what has changed, and run that; say what DVC cannot see, that files behind a source have changed."""
    parameters = read(Path("params.yaml"))
    for sentence in changed_sources(parameters):
        print(sentence, file=sys.stderr)
    try:
        pipeline = Pipeline(targets)
    except PipelineError as error:
        # Often for a value in params.yaml, such as `seeds: 3`, of which the check says more than DVC's parser.
        if subprocess.run([sys.executable, "-m", "stages.check"], check=False).returncode:
            sys.exit(1)
        raise error
    changed = pipeline.changed()
    if not changed:
        print("Data and pipelines are up to date.")
        return
    train = parameters.get("train")
    train = train if isinstance(train, dict) else {}
    # Dask takes as long to import as all of the above.
    from resgrad.parallel.repro import repro, repro_on_machines  # noqa: PLC0415

    if scheduler:
        portable = train.get("kernels") != "native" and train.get("compile") is not True
        repro_on_machines(pipeline, changed, targets, scheduler=scheduler, portable=portable)
        return
    devices = accelerators(str(train.get("device")))
    repro(pipeline, changed, targets, jobs=jobs, threads=threads_of(train), devices=devices)


def threads_of(train: dict[str, Any]) -> int:
    """Return train.threads; 1 where it makes no sense, which the stage ``check`` will say."""
    threads = train.get("threads")
    return threads if isinstance(threads, int) and threads > 0 else 1


def positive(text: str) -> int:
    """Read a number of jobs."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stages", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="stages, as in dvc repro; all if none is named")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=positive, metavar="N", help="stages at once; one per core if not given")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of Dask, such as tcp://host:8786: run on its workers")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run(lambda: main(arguments.targets, arguments.jobs, arguments.scheduler))
