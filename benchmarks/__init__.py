"""Side-by-side timings against what a user would otherwise pick; each file says how to run it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
