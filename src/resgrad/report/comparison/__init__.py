"""The page and the pictures of the comparison."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from resgrad.common.frames import records
from resgrad.report.comparison.first_convolution import draw_first_layer, gradients_by_step
from resgrad.report.comparison.gradient_distribution import draw_distributions
from resgrad.report.comparison.page import to_markdown
from resgrad.report.comparison.rows import draw_overview, draw_row
from resgrad.report.room import Room, seeds_text

CSV = ("runs", "by_depth", "verdicts", "mcnemar", "accuracy_by_rate")

__all__ = ["CSV", "pictures", "to_markdown"]


def pictures(room: Room) -> Iterator[tuple[str, Figure]]:
    """Draw all rows in one picture, each row in its own picture, and the gradients of the deepest networks."""
    data, depth = room.data, room.about["depth"]
    # Without the seeds of the trainings at other learning rates.
    seeds = seeds_text(room["runs"].dropna(subset="test_accuracy"))
    yield "comparison", draw_overview(f"{data}: plain and residual twins, {seeds}", room)
    for row in records(room["rows"]):
        yield row["row"], draw_row(f"{data}: {row['figure']}, {seeds}", room, row)
    snapshots = room["snapshots"]
    first = f", seed {snapshots['seed'].iloc[0]}" if len(snapshots) else ""
    title = f"{data}: gradient of the first layer, depth {depth}{first}"
    yield "first_convolution", draw_first_layer(title, gradients_by_step(snapshots))
    title = f"{data}: how gradients spread over magnitudes\ndepth {depth}, {seeds} pooled"
    yield "gradient_distribution", draw_distributions(title, room["distributions"], room.about["lowest_exponent"])
