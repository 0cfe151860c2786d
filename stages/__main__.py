"""Run the pipeline on all cores: ``python -m stages [--jobs N] [TARGET ...]``; targets are those of ``dvc repro``."""

import argparse
import signal
from pathlib import Path

from stages._run import run


def main(targets: list[str], jobs: int | None) -> None:
    """Ask DVC what has changed; run that."""
    # DVC takes a third of a second to import, Dask as long again: nothing that is not needed.
    from resgrad.parallel.pipeline import Pipeline, PipelineError

    try:
        pipeline = Pipeline(targets)
    except PipelineError:
        # Often a value in params.yaml of which DVC's parser says less than we do.
        from stages.check import check

        check()
        raise
    changed = pipeline.changed()
    if not changed:
        print("Data and pipelines are up to date.")
        return

    from resgrad.common.config import read
    from resgrad.parallel.repro import repro

    threads = read(Path("params.yaml")).get("train", {}).get("threads", 1)
    repro(pipeline, changed, targets, jobs=jobs, threads=threads)


def positive(text: str) -> int:
    """Read the number of jobs."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stages", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="stages, as in dvc repro; all if none is named")
    parser.add_argument("--jobs", type=positive, metavar="N", help="stages at once; one per core if not given")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run(lambda: main(arguments.targets, arguments.jobs))
