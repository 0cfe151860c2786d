"""One thin module per DVC stage, run as ``python -m stages.<name>`` from the root of the repository.

The package of *this* checkout comes first on the path: an editable install made in another clone would otherwise be
imported in its stead, for instance under ``dvc exp run --temp``. Then the instruction set is fixed, which must come
before numpy and torch.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from stages._run import begin

begin()
