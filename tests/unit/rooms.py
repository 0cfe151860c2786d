"""Hand-made rooms with tables for reports."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from resgrad.comparison import tables
from resgrad.comparison.comparison import Comparison, about
from resgrad.comparison.rows.depth import DEGRADATION
from resgrad.report.room import Room
from tests.unit.fake_measures import CONFIG

NO_DEGRADATION = pd.DataFrame(columns=DEGRADATION.schema.names)


def make_room(folder: Path, about: dict[str, Any], frames: dict[str, pd.DataFrame]) -> Room:
    """Write tables, which may lack columns, and their description; return the room."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return Room(folder)


def comparison_room(
    folder: Path, comparison: Comparison, provenance: str = "embedded", degradation: pd.DataFrame = NO_DEGRADATION
) -> Room:
    """Return the room of a comparison, with everything that its page reads."""
    return make_room(
        folder,
        about(comparison, CONFIG, dataset="mnist", provenance=provenance, target=0.9),
        {
            "by_depth": comparison.table.reset_index(),
            "verdicts": comparison.verdicts.reset_index(),
            "correlations": comparison.correlations,
            "degradation": degradation,
            "mcnemar": tables.mcnemar_table(comparison.images),
            "rows": tables.rows_table(),
            "measures": tables.measures_table(),
        },
    )
