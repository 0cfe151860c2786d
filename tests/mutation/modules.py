"""Which modules of numbers are changed, and the unit tests that must notice."""

TESTS = {
    "comparison/significance.py": ("test_significance",),
}
"""Files below ``src/resgrad``, or patterns of them, and names of files in ``tests/unit``."""
