"""The page and the picture of wall-clock times."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from resgrad.report.room import Room, seeds_text
from resgrad.report.timing.page import to_markdown
from resgrad.report.timing.picture import draw_times

CSV = ("times", "averages")

__all__ = ["CSV", "pictures", "to_markdown"]


def pictures(room: Room) -> Iterator[tuple[str, Figure]]:
    """Draw how the time is spent."""
    title = f"{room.about['dataset']}: where the time of a training goes, {seeds_text(room['times'])}"
    yield "times", draw_times(title, room["averages"])
