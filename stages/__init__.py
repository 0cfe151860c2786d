"""One thin module per DVC stage, run as ``python -m stages.<name>`` from the root of the repository.

The package of *this* checkout comes first on the path: otherwise an editable install from another clone would be
imported instead, for instance under ``dvc exp run --temp``. Then the instruction set is fixed, which must happen before
numpy and torch are imported.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from stages._run import begin

begin()
