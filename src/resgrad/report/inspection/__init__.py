"""The page and the pictures of the inspection."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from resgrad.report.inspection.layer_responses import draw_layer_responses
from resgrad.report.inspection.lesions import draw_lesions
from resgrad.report.inspection.loss_surface import draw_loss_surface
from resgrad.report.inspection.page import to_markdown
from resgrad.report.inspection.path_lengths import draw_path_lengths
from resgrad.report.room import Room, seeds_text

CSV = ("summary", "responses_by_place", "paths_by_length", "lesions_by_block", "reorderings_by_swaps")

__all__ = ["CSV", "pictures", "to_markdown"]


def pictures(room: Room) -> Iterator[tuple[str, Figure]]:
    """Draw the pictures for which there are data."""
    data, deepest = room.data, room.about["depth"]
    responses, paths = room["responses"], room["paths"]
    if len(responses):
        title = f"{data}: responses of the trained layers, {seeds_text(responses)}"
        yield "layer_responses", draw_layer_responses(title, room["responses_by_place"])
    paths = paths[paths["depth"] == deepest]
    if "residual" in set(paths["variant"]):
        by_length = room["paths_by_length"]
        title = f"{data}: which paths carry the gradient at depth {deepest}, {seeds_text(paths)}"
        yield "path_lengths", draw_path_lengths(title, by_length[by_length["depth"] == deepest])
    lesions = room["lesions"]
    if len(lesions):
        title = f"{data}: validation error without blocks, and with blocks swapped, {seeds_text(lesions)}"
        yield "lesions", draw_lesions(title, room["lesions_by_block"], room["reorderings_by_swaps"])
    if "loss_surface" in room:
        surface = room["loss_surface"]
        title = f"{data}: loss around the trained weights at depth {deepest}, seed {surface['seed'].iloc[0]}"
        yield "loss_surface", draw_loss_surface(title, surface)
