"""Paths of the project's own files."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
PARAMS = ROOT / "params.yaml"
