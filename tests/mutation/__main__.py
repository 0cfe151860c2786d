"""Change the modules of numbers, one place at a time, and name the changes that no test notices.

``python -m tests.mutation`` from the root lists the modules; ``python -m tests.mutation comparison/significance.py``
tries one, or several. It needs ``pip install -r tests/mutation/requirements.txt``, and works in a copy of the working
tree. A module of 150 changes takes half a minute to a few minutes, on one core.

It changes the bodies of functions and methods, but not decorated functions, module constants or defaults of a
dataclass. A surviving change calls for a test that states the right value, unless it has no effect: a message in
capitals, a default left out. A change that hangs is reported too, although a test would notice that it never ends.
"""

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutation.modules import TESTS
from tests.paths import ROOT

COPIED = ("src", "stages", "handbook", "tests", "params.yaml", "dvc.yaml", "pyproject.toml")
SETTINGS = """\
[mutmut]
source_paths = src
also_copy =
    {copied}
only_mutate = src/resgrad/{module}
pytest_add_cli_args_test_selection =
    {tests}
"""


def mutmut(folder: Path, *arguments: str) -> str:
    """Run mutmut in a folder and return what it prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"mutmut {arguments[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def unnoticed(module: str, folder: Path) -> tuple[int, list[str]]:
    """Try all changes of a module in a copy of the working tree below a folder.

    Returns:
        the number of changes, and those that did not fail a test, as shown by mutmut.
    """
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    tests = "\n    ".join(f"tests/unit/{test}.py" for test in TESTS[module])
    settings = SETTINGS.format(copied="\n    ".join(COPIED), module=module, tests=tests)
    (folder / "setup.cfg").write_text(settings, encoding="utf-8")
    mutmut(folder, "run", "--max-children", "1")
    fates = dict(line.strip().split(": ") for line in mutmut(folder, "results", "--all", "true").splitlines())
    return len(fates), [mutmut(folder, "show", name) for name, fate in fates.items() if fate != "killed"]


def main() -> None:
    """Try the named modules, and print the surviving changes of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="as the list names it; none prints the list")
    modules = parser.parse_args().modules
    if not modules:
        print(*TESTS, sep="\n")
        return
    if unknown := [module for module in modules if module not in TESTS]:
        sys.exit(f"{unknown[0]} is not on the list in tests/mutation/modules.py; `python -m tests.mutation` prints it")
    if importlib.util.find_spec("mutmut") is None:
        sys.exit("mutmut is not installed: pip install -r tests/mutation/requirements.txt")
    for module in modules:
        with tempfile.TemporaryDirectory() as folder:
            changes, survivors = unnoticed(module, Path(folder))
        print(*survivors, f"{module}: {len(survivors)} of {changes} changes survived", sep="\n", flush=True)


if __name__ == "__main__":
    main()
