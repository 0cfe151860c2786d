"""The contents of every block, and the pages that have blocks."""

from functools import partial
from pathlib import Path

from handbook import (
    accuracy,
    audit,
    budgets,
    cost,
    degradation,
    depth,
    everywhere,
    gradients,
    learning,
    operating,
    verdicts,
)
from handbook.blocks import fill
from handbook.study import Studies
from handbook.tables import tables_page

BLOCKS = {
    "accuracy": accuracy.at_deepest,
    "verdict-count": verdicts.count,
    "twins": accuracy.twins,
    "budget": accuracy.budget,
    "deeper": degradation.deeper,
    "deeper-searched": degradation.searched,
    "budgets-of-sets": budgets.candidates,
    "rows-short": verdicts.short_rows,
    "rows-long": verdicts.long_rows,
    "rows-default": verdicts.default_rows,
    "everywhere": everywhere.side_by_side,
    "target": verdicts.target,
    "images": verdicts.images,
    "floor": verdicts.floor,
    "operating-characteristics": operating.characteristics,
    "stability": verdicts.stability,
    "growth-at-start": gradients.at_start,
    "growth-over-depth": depth.laws,
    "shortcuts": depth.shortcuts,
    "inputs-at-start": depth.geometry,
    "what-learns": learning.told,
    "growth-in-training": gradients.in_training,
    "vanishing": gradients.vanishing,
    "recipes": gradients.recipes,
    "recipes-steady": gradients.steady,
    "shattering": gradients.shattering,
    "paths": gradients.paths,
    "lesions": gradients.lesions,
    "responses": gradients.responses,
    "seen-leaves": audit.leaves,
    "border-pixels": audit.borders,
    "classes": audit.classes,
    "shallow-beside-deep": audit.shallow_beside_deep,
    "highway": verdicts.highway,
    "kinds": verdicts.kinds,
    "cost-of-cells": cost.cells,
    "cost-of-imagenet": cost.imagenet,
}
"""The function that writes each block from the frozen studies, by the block's name."""


def pages(root: Path) -> list[Path]:
    """List the pages that may have blocks: README.md, CONTRIBUTING.md and docs/*.md."""
    return [
        *(page for page in (root / "README.md", root / "CONTRIBUTING.md") if page.exists()),
        *sorted((root / "docs").glob("*.md")),
    ]


def written(text: str, studies: Studies) -> str:
    """Return a page with its blocks as they should be."""
    return fill(text, {name: partial(write, studies) for name, write in BLOCKS.items()})


def outdated(root: Path) -> dict[Path, str]:
    """Find the pages whose blocks disagree with the frozen studies.

    Returns:
        the text that each of them should have, by page.
    """
    studies = Studies(root)
    texts = {page: page.read_text(encoding="utf-8") for page in pages(root)}
    made = {page: written(text, studies) for page, text in texts.items()}
    made[root / "docs/tables.md"] = tables_page()
    return {page: new for page, new in made.items() if new != texts.get(page)}
