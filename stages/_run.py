"""How a stage begins and ends: with what its command line names; well, or with one sentence that says what to do."""

import argparse
import sys
from collections.abc import Callable

from resgrad.common.errors import ResgradError


def run(main: Callable[[], None]) -> None:
    """Call a stage; turn what the user can mend into its sentence on standard error and exit status 1."""
    try:
        main()
    except ResgradError as error:
        sys.exit(str(error))
    except OSError as error:  # a full disk, a folder that cannot be written
        sys.exit(f"{error.filename or 'A file'}: {error.strerror or error}; make room or give access, and run again.")
    except KeyboardInterrupt:
        sys.exit("Interrupted; run the same command again to go on.")


def run_on_dataset(stage: Callable[[str], None], description: str | None) -> None:
    """Run a stage on the dataset that the command line names."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("dataset")
    dataset = parser.parse_args().dataset
    run(lambda: stage(dataset))
