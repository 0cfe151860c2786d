"""Check every parameter before any work is done: ``python -m stages.check``."""

from pathlib import Path

import torch

from resgrad.common.files import replacing, write_json
from resgrad.common.kernels import check_instruction_set
from resgrad.gradients.statistics import digests
from resgrad.study import load_study
from resgrad.training.devices import choose_device
from stages._run import run

MARK = Path("data/checked.txt")
PARAMETERS = Path("data/params.json")


def check() -> None:
    """Read params.yaml; write a mark that never changes, on which the first stages depend, and derived parameters.

    dvc.yaml can name the file of one kind of network, but not the files of a list of statistics. So trainings track
    the digests of these files as parameters.
    """
    study = load_study(Path("params.yaml"))
    choose_device(study.train.device)
    check_instruction_set(study.train.kernels, torch.backends.cpu.get_cpu_capability())
    write_json(PARAMETERS, {"gradients": {"statistics": digests(study.gradients.statistics)}})
    with replacing(MARK) as partial:
        partial.write_text("The parameters can be used.\n", encoding="utf-8")


if __name__ == "__main__":
    run(check)
