"""The inspection as a page for people."""

from typing import Any

from resgrad.common.cells import VARIANTS
from resgrad.report.markdown import spread_text, table_text
from resgrad.report.provenance import PROVENANCE

MEASURES = {
    "response_std": ("response of a layer: standard deviation, mean over layers", ".3f"),
    "gain_log10": ("log10 gradient at the image, of all paths together", "+.2f"),
    "gain_log10_per_block": ("log10 factor by which one more block on a path changes its gradient", "+.2f"),
    "path_length_median": ("blocks on a path: half of the gradient is on paths of at most so many", ".1f"),
    "path_length_shortest": ("blocks on a path: at most 5 % of the gradient is on shorter ones", ".1f"),
    "path_length_longest": ("blocks on a path: at most 5 % of the gradient is on longer ones", ".1f"),
    "path_share_log10": ("log10 share of all paths that have those lengths", "+.2f"),
    "coherence_log10": ("log10 gradient of all paths together over that of orthogonal ones", "+.2f"),
}
"""Title and format of what :func:`~resgrad.inspection.summary.summarise` measures."""

ABOUT = """\
Mean ± standard deviation over n seeds, on one batch of training images; runs that diverged are left out. Responses \
after He et al. 2015, figure 7: what a layer's normalisation puts out, before activation and addition. Paths after \
Veit et al. 2016: N residual blocks are 2^N paths, a plain network is a single one. Gradients are those of an error \
of norm 1 at the logits, and shares of the gradient are shares of the sum of the paths' norms. The last line of a \
depth is below 0 where paths cancel (they add up to less than orthogonal ones would) and above 0 where they support \
each other."""

ALL_DIVERGED = "All runs diverged: there is nothing to look at."


def to_markdown(dataset: str, provenance: str, summary: dict[str, dict[str, Any]]) -> str:
    """Write the page.

    Args:
        dataset: its name.
        provenance: embedded, official or custom.
        summary: from :func:`~resgrad.inspection.summary.summarise`.
    """
    rows = [
        [depth.removeprefix("depth-"), title, *(_cell(variants.get(name, {}), measure, form) for name in VARIANTS)]
        for depth, variants in summary.items()
        for measure, (title, form) in MEASURES.items()
        if any(measure in of_variant for of_variant in variants.values())
    ]
    paragraphs = [
        f"# {dataset} ({provenance}): another look at the trained networks",
        PROVENANCE[provenance].format(dataset=dataset),
        table_text(["depth", "measure", *VARIANTS], rows) if rows else ALL_DIVERGED,
        ABOUT,
    ]
    return "\n\n".join(paragraphs) + "\n"


def _cell(measures: dict[str, dict[str, float]], measure: str, form: str) -> str:
    return spread_text(**measures[measure], form=form) if measure in measures else ""
