"""The page of the inspection."""

from resgrad.common.cells import VARIANTS
from resgrad.report.averages import Average, averages
from resgrad.report.markdown import table_text
from resgrad.report.provenance import PROVENANCE
from resgrad.report.room import Room

MEASURES = {
    "response_std": ("response of a layer: standard deviation, mean over layers", ".3f"),
    "gain_log10": ("log10 gradient at the image, of all paths together", "+.2f"),
    "gain_log10_per_block": ("log10 factor by which one more block on a path changes its gradient", "+.2f"),
    "path_length_median": ("blocks on a path: half of the gradient is on paths of at most so many", ".1f"),
    "path_length_shortest": ("blocks on a path: at most 5 % of the gradient is on shorter ones", ".1f"),
    "path_length_longest": ("blocks on a path: at most 5 % of the gradient is on longer ones", ".1f"),
    "path_share_log10": ("log10 share of all paths that have those lengths", "+.2f"),
    "coherence_log10": ("log10 gradient of all paths together over that of orthogonal ones", "+.2f"),
    "validation_error": ("validation error of the whole network", ".3f"),
    "lesion_rise": ("added to it by leaving out a block that keeps the shape: mean over blocks", "+.3f"),
    "lesion_rise_largest": ("the same: largest over blocks", "+.3f"),
    "lesion_rise_changing": ("added to it by leaving out a block that changes the shape: mean over blocks", "+.3f"),
    "reordering_rise": ("added to it by the most swaps of blocks: mean over reorderings", "+.3f"),
}
"""Title and format of the measures in the table ``summary``."""

ABOUT = """\
Mean ± standard deviation over n seeds, on one batch of training images; runs that diverged are left out. Responses \
after He et al. 2015, figure 7: what a layer's normalisation puts out, before activation and addition. Paths after \
Veit et al. 2016: N residual blocks are 2^N paths, a plain network is a single one. Gradients are those of an error \
of norm 1 at the logits, and shares of the gradient are shares of the sum of the paths' norms. The last of them \
is below 0 where paths cancel (they add up to less than orthogonal ones would) and above 0 where they support each \
other."""

LESIONS = """\
Lesions after Veit et al. 2016: the share of {images} validation images that a network misclassifies when one of its \
blocks is left out, or when pairs of blocks of equal shape have traded places; test images are not looked at again. \
Without a residual block its shortcut is left, without a plain one its input is handed on; where a plain block changes \
the shape it cannot be left out. A network that has learnt little has little to lose: its error cannot rise far above \
that of guessing, so look at what is added beside the error of the whole network."""

NO_BLOCKS = "These networks have no blocks that could be left out or swapped."

NO_SWAPS = "No two blocks of these networks have the same shape: none are swapped."

ALL_DIVERGED = "All runs diverged: there is nothing to inspect."


def to_markdown(room: Room) -> str:
    """Write the page.

    Args:
        room: the tables of the inspection.
    """
    about, values = room.about, averages(room["summary"])
    rows = [
        [str(depth), title, *(_cell(values.get((depth, measure, variant)), form) for variant in VARIANTS)]
        for depth in sorted({depth for depth, _, _ in values})
        for measure, (title, form) in MEASURES.items()
        if any((depth, measure, variant) in values for variant in VARIANTS)
    ]
    paragraphs = [
        f"# {about['dataset']} ({about['provenance']}): inside the trained networks",
        PROVENANCE[about["provenance"]].format(dataset=about["dataset"]),
        table_text(["depth", "measure", *VARIANTS], rows) if rows else ALL_DIVERGED,
        ABOUT,
        *_lesions(room),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _lesions(room: Room) -> list[str]:
    """Describe lesions and reorderings, if there are any."""
    if room["responses"].empty:
        return []
    if room["lesions"].empty:
        return [NO_BLOCKS]
    about = LESIONS.format(images=room.about["validation_images"])
    return [about, NO_SWAPS] if room["reorderings"].empty else [about]


def _cell(average: Average | None, form: str) -> str:
    return "" if average is None else average.text(form)
