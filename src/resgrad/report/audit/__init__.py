"""The page and the picture of the audit."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from resgrad.report.audit.figure import draw_audit
from resgrad.report.audit.page import to_markdown
from resgrad.report.room import Room

CSV = ("classifiers", "averages", "classes", "split_accuracies", "split_averages", "inflation")

__all__ = ["CSV", "pictures", "to_markdown"]


def pictures(room: Room) -> Iterator[tuple[str, Figure]]:
    """Draw the accuracies of all classifiers, and recall by class."""
    title = f"{room.data[:-1]}, {room.about['split']} split): what the accuracies are made of"
    splits = room.find("split_accuracies")
    yield "audit", draw_audit(title, room["classifiers"], splits, room["classes"], room.about["depth"])
