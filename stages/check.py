"""Check every parameter before any work is done: ``python -m stages.check``.

With ``-S name=value``, as often as need be, as ``dvc exp run`` takes it, the parameters are checked as that would
change them, and nothing is written.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from dvc.exceptions import DvcException
from dvc.utils.hydra import apply_overrides
from omegaconf.errors import OmegaConfBaseException

from resgrad.common.config import ParameterError, read
from resgrad.common.files import replacing, write_json
from resgrad.common.kernels import check_instruction_set
from resgrad.download.changes import changed_sources
from resgrad.study import load_study
from resgrad.training.config import TrainConfig
from resgrad.training.devices import check_compiler, choose_device
from stages._parameters import PARAMETERS, RESOLVED
from stages._resolved import resolve
from stages._run import run

MARK = Path("data/checked.txt")


def check() -> None:
    """Read params.yaml; write a constant marker file, on which the first stages depend, and what stages track."""
    study = load_study(PARAMETERS)
    _check_machine(study.train)
    check_instruction_set(study.train.kernels, torch.backends.cpu.get_cpu_capability())
    write_json(RESOLVED, resolve(study), digits=None)
    with replacing(MARK) as partial:
        partial.write_text("The parameters can be used.\n", encoding="utf-8")


def check_with(overrides: list[str]) -> None:
    """Check params.yaml as the overrides would change it; messages refer to params.yaml.

    Raises:
        ParameterError: a parameter could not be used, or an override cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, PARAMETERS.name)
        shutil.copyfile(PARAMETERS, copy)
        for override in overrides:
            try:
                apply_overrides(copy, [override])
            except OmegaConfBaseException as error:
                reason = str(error).splitlines()[0]
                raise ParameterError(
                    f"-S {override!r} cannot be used: {reason}; ${{...}} stands for another parameter, so write the "
                    "path itself, or use double quotes, in which the shell replaces it."
                ) from None
            except DvcException as error:
                reason = str(error.__cause__ or error).splitlines()[0]
                raise ParameterError(
                    f"-S {override!r} cannot be used: {reason}; quote it, as in -S 'data.mnist.source=\"/a path\"', "
                    "and begin a parameter that is not in params.yaml with +."
                ) from None
        _check_machine(load_study(copy).train)
        for sentence in changed_sources(read(copy)):
            print(sentence, file=sys.stderr)


def _check_machine(train: TrainConfig) -> None:
    device = choose_device(train.device)
    if train.compile:
        check_compiler(device)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-S", "--set-param", action="append", default=[], metavar="NAME=VALUE")
    given, _ = parser.parse_known_args()
    run(lambda: check_with(given.set_param) if given.set_param else check())
