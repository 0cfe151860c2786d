"""Write the results in README.md and docs/ from the frozen studies: ``python -m handbook``, or ``make docs``.

A page holds marked blocks, ``<!-- begin: NAME -->`` to ``<!-- end: NAME -->``. What stands between the marks comes from
:data:`handbook.book.BLOCKS`, which reads nothing but docs/study/<study>; everything else on a page is written by hand.
A study gets there with ``make study NAME=...`` (:mod:`handbook.freeze`).

This package lies outside src/resgrad, because no stage of the pipeline may depend on a sentence in the documentation.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

sys.path.insert(0, str(ROOT / "src"))
