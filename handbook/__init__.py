"""Write the results in README.md and docs/ from the frozen studies: ``python -m handbook``, or ``make docs``.

A page has marked blocks, ``<!-- begin: NAME -->`` to ``<!-- end: NAME -->``. The text between the marks is written by
:data:`handbook.book.BLOCKS`, which read only docs/study/<study>; everything else on a page is written by hand. ``make
study NAME=...`` puts a study there (:mod:`handbook.freeze`).

This package is outside src/resgrad, because no stage of the pipeline may depend on a sentence in the documentation.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

sys.path.insert(0, str(ROOT / "src"))
