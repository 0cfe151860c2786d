"""The summary of an inspection's tables, on numbers that can be checked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from resgrad.inspection.summary import (
    effective_lengths,
    inspection_metrics,
    paths_by_length,
    responses_by_place,
    summarise,
)
from resgrad.inspection.tables import LESIONS, REORDERINGS, RESPONSES
from resgrad.inspection.tables import SUMMARY as SUMMARY_TABLE
from resgrad.report.inspection.page import to_markdown
from tests.unit.room_of import room_of

LENGTHS = pd.DataFrame(
    {
        "blocks": 3,
        "length": [0, 1, 2, 3],
        "frequency": [1 / 8, 3 / 8, 3 / 8, 1 / 8],
        "gain": [8.0, 0.8, 0.08, 0.008],
        "gain_sd": [0.0, 0.6, 0.0, 0.0],
        "contribution": [0.04, 0.60, 0.30, 0.06],
        "gain_of_all_paths": 0.5,
    }
)


def of_run(frame, variant="residual", depth=8, seed=0):
    return frame.assign(variant=variant, depth=depth, seed=seed)


PLAIN = pd.DataFrame(
    {
        "blocks": 3,
        "length": 3,
        "frequency": 1.0,
        "gain": 0.1,
        "gain_sd": 0.0,
        "contribution": 1.0,
        "gain_of_all_paths": 0.1,
    },
    index=[0],
)


def test_effective_lengths_leave_out_a_twentieth_of_the_gradient_at_each_end():
    sum_of_squares = 8**2 + 3 * (0.8**2 + 0.6**2) + 3 * 0.08**2 + 0.008**2
    assert effective_lengths(LENGTHS.sample(frac=1, random_state=0)) == pytest.approx(
        {
            "gain_log10": math.log10(0.5),
            "path_length_median": 1,
            "path_length_shortest": 1,  # 4 % of the gradient is on shorter paths
            "path_length_longest": 3,  # 94 % on paths of at most 2
            "path_share_log10": math.log10(7 / 8),
            "gain_log10_per_block": -1,
            "coherence_log10": math.log10(0.5 / math.sqrt(sum_of_squares)),
        }
    )


def test_the_shortest_path_that_counts_is_beyond_a_twentieth_of_the_gradient():
    found = effective_lengths(LENGTHS.assign(contribution=[0.04, 0.10, 0.80, 0.06]))
    assert [found[f"path_length_{which}"] for which in ("shortest", "median", "longest")] == [1, 2, 3]


def test_a_plain_network_has_a_gradient_and_no_choice_of_paths():
    assert effective_lengths(PLAIN) == pytest.approx({"gain_log10": -1})


def test_without_a_gradient_nothing_is_defined():
    dead = LENGTHS.assign(gain=0.0, contribution=np.nan, gain_of_all_paths=0.0)
    assert effective_lengths(dead) == pytest.approx({"gain_log10": np.nan}, nan_ok=True)


def by_variant(summary):
    """Return n, mean and, if there is one, sd of each measure by variant, at the only depth."""
    assert set(summary["depth"]) == {8}
    nested = {}
    for row in summary.itertuples():
        spread = {"n": row.n, "mean": row.mean} | ({} if math.isnan(row.sd) else {"sd": row.sd})
        nested.setdefault(row.variant, {})[row.measure] = spread
    return nested


NO_LESIONS = pd.DataFrame(columns=LESIONS.schema.names)
NO_REORDERINGS = pd.DataFrame(columns=REORDERINGS.schema.names)


def test_the_summary_is_over_layers_then_seeds_and_says_only_what_is_defined():
    responses = pd.concat(
        of_run(pd.DataFrame({"position": [1, 2], "response_std": stds}), variant, seed=seed)
        for variant, seed, stds in [("plain", 0, [1, 3]), ("residual", 0, [1, 2]), ("residual", 1, [0, 1])]
    )
    dead = LENGTHS.assign(gain=0.0, contribution=np.nan, gain_of_all_paths=0.0)
    paths = pd.concat([of_run(PLAIN, "plain"), of_run(LENGTHS), of_run(dead, seed=1)])
    summary = by_variant(summarise(responses, paths, NO_LESIONS, NO_REORDERINGS))
    assert summary["plain"] == {
        "response_std": {"n": 1, "mean": 2},
        "gain_log10": {"n": 1, "mean": pytest.approx(-1)},
    }
    residual = summary["residual"]
    assert residual["response_std"] == pytest.approx({"n": 2, "mean": 1, "sd": math.sqrt(0.5)})
    assert residual["path_length_median"] == {"n": 1, "mean": 1}
    of_plain = paths[paths["variant"] == "plain"]
    without_paths = by_variant(summarise(responses, of_plain, NO_LESIONS, NO_REORDERINGS))["residual"]
    assert list(without_paths) == ["response_std"]


def test_what_lesions_add_is_summarised_with_the_reorderings_of_the_same_run():
    responses = pd.concat(of_run(pd.DataFrame({"position": [1], "response_std": [1.0]}), seed=seed) for seed in (0, 1))
    lesions = pd.concat(
        of_run(pd.DataFrame({"changes_shape": False, "error": [error], "whole_error": [0.1]}), seed=seed)
        for seed, error in ((0, 0.3), (1, 0.5))
    )
    reorderings = of_run(pd.DataFrame({"swaps": [1, 2], "error": [0.2, 0.7], "whole_error": [0.1, 0.1]}), seed=1)
    summary = by_variant(summarise(responses, LENGTHS.head(0).pipe(of_run), lesions, reorderings))["residual"]
    assert summary["validation_error"] == pytest.approx({"n": 2, "mean": 0.1, "sd": 0})
    assert summary["lesion_rise"] == pytest.approx({"n": 2, "mean": 0.3, "sd": math.sqrt(0.02)})
    assert summary["reordering_rise"] == pytest.approx({"n": 1, "mean": 0.6})


SUMMARY = {
    "depth-8": {"plain": {"response_std": {"n": 3, "mean": 9.0, "sd": 1.0}}},
    "depth-20": {
        "plain": {"response_std": {"n": 1, "mean": 1.5}, "gain_log10": {"n": 1, "mean": -1.0}},
        "residual": {
            "response_std": {"n": 2, "mean": 0.5, "sd": 0.25},
            "gain_log10": {"n": 2, "mean": 0.5, "sd": 0.25},
            "path_length_median": {"n": 2, "mean": 2.0, "sd": 0.0},
            "path_length_longest": {"n": 2, "mean": 3.0, "sd": 0.0},
        },
    },
}


ABOUT = {"dataset": "mnist", "provenance": "embedded", "depth": 20, "validation_images": 99}
FRAME = pd.DataFrame(
    [
        {"depth": int(depth.removeprefix("depth-")), "variant": variant, "measure": measure, "sd": math.nan, **spread}
        for depth, variants in SUMMARY.items()
        for variant, measures in variants.items()
        for measure, spread in measures.items()
    ]
)


def test_published_are_means_at_the_greatest_depth_which_is_not_the_last_in_the_alphabet():
    assert inspection_metrics(FRAME) == {
        "depth-20": {
            "plain": {"runs": 1, "response_std": 1.5, "gain_log10": -1.0},
            "residual": {"runs": 2, "response_std": 0.5, "gain_log10": 0.5, "path_length_median": 2.0},
        }
    }
    assert inspection_metrics(FRAME[:0]) == {}


def test_the_page_shows_every_depth_with_n_and_spread(tmp_path):
    page = to_markdown(room(tmp_path, FRAME))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    assert "not mnist results" in page
    assert [row[0] for row in rows[2:]] == ["8", "20", "20", "20", "20"]
    response = "response of a layer: standard deviation, mean over layers"
    assert rows[2] == ["8", response, "9.000 ± 1.000 (n=3)", ""]
    assert rows[3] == ["20", response, "1.500 (n=1)", "0.500 ± 0.250 (n=2)"]
    assert rows[5][2:] == ["", "2.0 ± 0.0 (n=2)"]
    empty = to_markdown(room(tmp_path, FRAME[:0], responses=0, provenance="official"))
    assert "nothing to inspect" in empty
    assert "block" not in empty.split("nothing to inspect")[1].replace("residual blocks are 2^N", "")


@pytest.mark.parametrize(
    ("lesions", "reorderings", "said", "unsaid"),
    [
        (1, 1, ["the share of 99 validation images", "test images are not looked at"], ["have no blocks", "No two"]),
        (1, 0, ["the share of 99 validation images", "No two blocks of these networks have the same shape"], []),
        (0, 0, ["These networks have no blocks that could be left out"], ["99", "No two blocks"]),
    ],
)
def test_the_page_says_what_was_left_out_and_swapped(tmp_path, lesions, reorderings, said, unsaid):
    page = to_markdown(room(tmp_path, FRAME, lesions=lesions, reorderings=reorderings))
    assert [sentence for sentence in said if sentence not in page] == []
    assert [sentence for sentence in unsaid if sentence in page] == []


def room(tmp_path, summary, *, responses=1, lesions=1, reorderings=1, **about):
    """Make a room whose tables have this many rows."""
    rows = {RESPONSES: responses, LESIONS: lesions, REORDERINGS: reorderings}
    blank = {"variant": "plain", "layer": "head", "changes_shape": False}
    tables = {
        table: pd.DataFrame(
            [{name: blank.get(name, 0) for name in table.schema.names}] * count, columns=table.schema.names
        )
        for table, count in rows.items()
    }
    return room_of(tmp_path / "room", {SUMMARY_TABLE: summary, **tables}, {**ABOUT, **about})


def test_responses_keep_their_place_in_the_network_and_are_ranked_within_each_run():
    responses = pd.concat(
        of_run(pd.DataFrame({"position": [1, 2, 3], "response_std": stds}), seed=seed)
        for seed, stds in [(0, [5.0, 1.0, 3.0]), (1, [2.0, 4.0, 6.0])]
    )
    places = responses_by_place(responses).set_index(["order", "place"])
    assert places.loc["network", "response_std"].tolist() == [3.5, 2.5, 4.5]
    assert places.loc["descending", "response_std"].tolist() == [5.5, 3.5, 1.5]
    assert places.loc["descending", "response_std_min"].tolist() == [5, 3, 1]
    assert places.loc["descending", "response_std_max"].tolist() == [6, 4, 2]


def test_gains_are_averaged_as_logarithms_without_those_of_0():
    twice = pd.concat(
        [of_run(LENGTHS), of_run(LENGTHS.assign(gain=[0.08, 0.8, 0.08, 0.0], contribution=[0, 0.4, 0.6, 0]), seed=1)]
    )
    table = paths_by_length(twice)
    assert table["length"].tolist() == [0, 1, 2, 3]
    logarithms = [math.log10(gain) for gain in (0.8, 0.8, 0.08, 0.008)]
    assert table["log10_gain"].tolist() == pytest.approx(logarithms)
    assert table["contribution"].tolist() == pytest.approx([0.02, 0.5, 0.45, 0.03])
    assert table["contribution_max"].tolist() == pytest.approx([0.04, 0.6, 0.6, 0.06])
