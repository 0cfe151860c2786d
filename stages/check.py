"""Check every parameter before any work is done: ``python -m stages.check``."""

from pathlib import Path

from resgrad.common.files import replacing
from resgrad.study import load_study
from resgrad.training.devices import choose_device
from stages._run import run

MARK = Path("data/checked.txt")


def check() -> None:
    """Read params.yaml; write a mark that never changes, on which the first stages depend."""
    choose_device(load_study(Path("params.yaml")).train.device)
    with replacing(MARK) as partial:
        partial.write_text("The parameters can be used.\n", encoding="utf-8")


if __name__ == "__main__":
    run(check)
