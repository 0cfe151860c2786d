"""The summary of lesions and reorderings, on numbers that can be checked by hand."""

import math

import pandas as pd
import pytest

from resgrad.inspection.lesion_summary import lesion_measures, lesions_by_block, reorderings_by_swaps
from resgrad.inspection.summary import summarise
from resgrad.inspection.tables import LESIONS, PATHS

BLOCKS = pd.DataFrame(
    {
        "block": [1, 2, 3, 4],
        "changes_shape": [False, True, False, True],
        "error": [0.5, 0.4, 0.2, 0.2],
        "whole_error": 0.1,
    }
)
SWAPS = pd.DataFrame(
    {
        "swaps": [1, 2, 1, 2],
        "reordering": [1, 1, 2, 2],
        "kendall_tau": [0.9, 0.8, 0.7, 0.6],
        "error": [0.2, 0.5, 0.4, 0.9],
        "whole_error": 0.1,
    }
)


def of_run(frame, variant="residual", depth=8, seed=0):
    return frame.assign(variant=variant, depth=depth, seed=seed)


def test_blocks_that_keep_the_shape_are_told_from_those_that_change_it_and_the_most_swaps_count():
    assert lesion_measures(BLOCKS, SWAPS) == pytest.approx(
        {
            "validation_error": 0.1,
            "lesion_rise": (0.4 + 0.1) / 2,
            "lesion_rise_largest": 0.4,
            "lesion_rise_changing": (0.3 + 0.1) / 2,
            "reordering_rise": (0.4 + 0.8) / 2,
        }
    )


def test_what_cannot_be_left_out_or_swapped_is_undefined():
    plain = BLOCKS.assign(error=[0.5, math.nan, 0.2, math.nan])
    measures = lesion_measures(plain, SWAPS[:0])
    assert {name for name, value in measures.items() if math.isnan(value)} == {
        "lesion_rise_changing",
        "reordering_rise",
    }
    assert measures["lesion_rise"] == pytest.approx(0.25)


def test_the_summary_has_the_measures_of_runs_with_blocks():
    responses = pd.concat(
        of_run(pd.DataFrame({"position": [1], "response_std": 1.0}), variant, seed=seed)
        for variant in ("plain", "residual")
        for seed in (0, 1)
    )
    lesions = pd.concat([of_run(BLOCKS), of_run(BLOCKS.assign(error=BLOCKS["error"] + 0.1), seed=1)])
    none = pd.DataFrame(columns=PATHS.schema.names)
    summary = summarise(responses, none, lesions, of_run(SWAPS, seed=1)).set_index(["variant", "measure"])
    assert set(summary.loc["plain"].index) == {"response_std"}
    residual = summary.loc["residual"]
    assert residual.loc["lesion_rise", "mean"] == pytest.approx(0.3)
    assert residual.loc["lesion_rise", "n"] == 2
    assert residual.loc["reordering_rise", "n"] == 1


def test_lesions_are_averaged_over_seeds_block_by_block():
    table = lesions_by_block(pd.concat([of_run(BLOCKS), of_run(BLOCKS.assign(error=BLOCKS["error"] + 0.2), seed=1)]))
    assert table["block"].tolist() == [1, 2, 3, 4]
    assert table["changes_shape"].tolist() == [False, True, False, True]
    assert table["error"].tolist() == pytest.approx([0.6, 0.5, 0.3, 0.3])
    assert table["error_min"].tolist() == pytest.approx([0.5, 0.4, 0.2, 0.2])
    assert table["error_max"].tolist() == pytest.approx([0.7, 0.6, 0.4, 0.4])
    assert set(LESIONS.schema.names) >= {"block", "changes_shape", "error", "whole_error"}


def test_reorderings_are_averaged_within_a_run_before_seeds_are_compared():
    other = SWAPS.assign(error=SWAPS["error"] / 2)
    table = reorderings_by_swaps(pd.concat([of_run(SWAPS), of_run(other, seed=1)])).set_index("swaps")
    assert table.loc[1, "error"] == pytest.approx((0.3 + 0.15) / 2)
    assert table.loc[2, ["error_min", "error_max"]].tolist() == pytest.approx([0.35, 0.7])
    assert table["kendall_tau"].tolist() == pytest.approx([0.8, 0.7])
