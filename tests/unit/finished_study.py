"""A study of one dataset whose runs are all finished, and fake."""

from resgrad.common.cells import Matrix
from tests.unit.fake_runs import write_run, write_shards
from tests.unit.fake_tolerance import write_tolerance

LISTS = {"datasets": ["mnist"], "variants": ["plain", "residual"], "depths": [14, 8], "seeds": [0, 1]}
PARAMETERS = "".join(f"{name}: {values}\n" for name, values in LISTS.items()) + (
    "comparison: {alpha: 0.05, resamples: 100}\n"
    "verdicts: {vanishing_log10: -3.0, exploding_log10: 3.0}\n"
    "model: {residual: %s}\nunrelated: [1]\n"
)

CELLS = list(Matrix(**LISTS).cells("mnist"))


def write_study(folder):
    for cell in CELLS:
        diverged = 25 if (cell.variant, cell.depth, cell.seed) == ("plain", 14, 1) else None
        write_run(folder, cell, accuracy=0.5 if cell.variant == "plain" else 0.9, diverged_step=diverged)
    write_shards(folder, "mnist")
    write_tolerance(folder, "mnist", depth=14, seeds=[0, 1], target=0.4)
    (folder / "params.yaml").write_text(PARAMETERS % "true")
    (folder / "data/params.json").write_text('{"data": {"mnist": {"target_accuracy": 0.4}}}')
