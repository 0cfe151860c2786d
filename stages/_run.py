"""Start a stage with the instruction set that params.yaml asks for, and end a failed one with one sentence."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from resgrad.common.config import ParameterError, read
from resgrad.common.errors import ResgradError
from resgrad.common.kernels import chosen, fix_instruction_set


def begin() -> None:
    """Fix the instruction set that params.yaml asks for; call it before numpy and torch are imported.

    A file that cannot be read is left to the stage, which says so.
    """
    try:
        parameters = read(Path("params.yaml"))
    except (ParameterError, OSError):
        parameters = {}
    run(lambda: fix_instruction_set(chosen(parameters)))


def run(main: Callable[[], None]) -> None:
    """Call a stage; print an error that the user can fix as one sentence on standard error and exit with status 1."""
    try:
        main()
    except ResgradError as error:
        sys.exit(str(error))
    except OSError as error:  # a full disk, a folder that cannot be written
        sys.exit(f"{error.filename or 'A file'}: {error.strerror or error}; make room or give access, and run again.")
    except KeyboardInterrupt:
        sys.exit("Interrupted; run the same command again to go on.")


def run_on_dataset(stage: Callable[[str], None], description: str | None) -> None:
    """Run a stage on the dataset named on the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("dataset")
    dataset = parser.parse_args().dataset
    run(lambda: stage(dataset))
