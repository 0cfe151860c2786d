"""The three stages that look at all runs, on fake ones."""

import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from resgrad.common.cells import Matrix
from resgrad.common.config import ParameterError
from resgrad.comparison.rows import ROWS
from stages.compare import compare_variants
from stages.evaluate import evaluate
from stages.timing import timing
from tests.unit.fake_runs import write_run, write_shards

LISTS = {"datasets": ["mnist"], "variants": ["plain", "residual"], "depths": [14, 8], "seeds": [0, 1]}
PARAMETERS = "".join(f"{name}: {values}\n" for name, values in LISTS.items()) + (
    "comparison: {target_accuracy: {mnist: 0.4}, alpha: 0.05, minimum_pairs: 3, resamples: 100}\n"
    "verdicts: {vanishing_log10: -3.0, exploding_log10: 3.0}\n"
    "model: {residual: %s}\nunrelated: [1]\n"
)
CELLS = list(Matrix(**LISTS).cells("mnist"))


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for cell in CELLS:
        diverged = 25 if (cell.variant, cell.depth, cell.seed) == ("plain", 14, 1) else None
        write_run(tmp_path, cell, accuracy=0.5 if cell.variant == "plain" else 0.9, diverged_step=diverged)
    write_shards(tmp_path, "mnist")
    (tmp_path / "params.yaml").write_text(PARAMETERS % "true")
    return tmp_path


def leaves(values, path=()):
    if isinstance(values, dict):
        for key, value in values.items():
            yield from leaves(value, (*path, key))
    else:
        yield ".".join(path), values


def metrics(study, name):
    return dict(leaves(json.loads((study / f"metrics/{name}.json").read_text())))


def test_both_twins_report_the_same_keys_at_the_same_paths(study):
    evaluate("mnist")
    residual, files = metrics(study, "mnist"), sorted((study / "plots").rglob("*"))
    (study / "params.yaml").write_text(PARAMETERS % "false")
    evaluate("mnist")
    plain = metrics(study, "mnist")
    assert plain.keys() == residual.keys()
    assert sorted((study / "plots").rglob("*")) == files
    assert residual["embedded.depth-14.test.accuracy"] == 0.9
    assert plain["embedded.depth-14.test.accuracy"] == pytest.approx((0.5 + 1 / 3) / 2, rel=1e-5)
    assert (plain["embedded.depth-14.runs"], plain["embedded.depth-14.runs_diverged"]) == (2, 1)


@pytest.mark.parametrize("stage", [evaluate, compare_variants])
def test_metrics_hold_nothing_but_finite_numbers_under_their_provenance(study, stage):
    stage("mnist")
    (file,) = (study / "metrics").glob("*.json")
    published = metrics(study, file.stem)
    assert all(key.startswith("embedded.depth-") for key in published)
    assert all(type(value) in {int, float} for value in published.values())


def test_a_stage_run_twice_writes_the_same_bytes(study):
    def run():
        for stage in (evaluate, compare_variants, timing):
            stage("mnist")
        files = sorted(path for folder in ("metrics", "plots") for path in (study / folder).rglob("*.*"))
        return {path.relative_to(study).as_posix(): path.read_bytes() for path in files}

    first = run()
    assert list(first) == [
        "metrics/comparison-mnist.csv",
        "metrics/comparison-mnist.json",
        "metrics/comparison-mnist.md",
        "metrics/mnist.json",
        "metrics/timing-mnist.json",
        "metrics/timing-mnist.md",
        "plots/mnist/accuracy.json",
        "plots/mnist/comparison.png",
        "plots/mnist/confusion.json",
        "plots/mnist/first_convolution.png",
        "plots/mnist/gradient_distribution.png",
        "plots/mnist/gradient_heatmap.json",
        "plots/mnist/gradient_norms.json",
        "plots/mnist/loss.json",
        *(f"plots/mnist/rows/{row.name}.png" for row in sorted(ROWS, key=lambda row: row.name)),
    ]
    assert run() == first


def test_all_rows_of_a_plot_have_the_same_keys_and_name_provenance_and_variant(study):
    (study / "params.yaml").write_text(PARAMETERS % "false")
    evaluate("mnist")
    for path in (study / "plots/mnist").iterdir():
        rows = json.loads(path.read_text())
        assert {tuple(row) for row in rows} == {tuple(rows[0])}
        assert all(row["panel"] == f"embedded mnist · depth {row['depth']}" for row in rows)
        assert {row["variant"] for row in rows} == {"plain"}
    confusion = json.loads((study / "plots/mnist/confusion.json").read_text())
    assert {row["depth"] for row in confusion} == {14}  # the deepest, though it is listed first
    assert sum(row["count"] for row in confusion) == 2 * 60
    heat_map = json.loads((study / "plots/mnist/gradient_heatmap.json").read_text())
    assert [(row["depth"], row["position"]) for row in heat_map] == [(14, position) for position in range(1, 15)]
    assert all(None not in row["log10_norm"] for row in heat_map)  # seed 0 did not diverge


def test_runs_that_the_parameters_do_not_list_are_not_read(study):
    evaluate("mnist")
    before = (study / "metrics/mnist.json").read_bytes()
    write_run(study, CELLS[0]._replace(seed=9, variant="residual"), accuracy=0.1)
    evaluate("mnist")
    assert (study / "metrics/mnist.json").read_bytes() == before


def test_the_pictures_of_gradients_are_of_the_deepest_twins_and_the_first_seed(study, monkeypatch):
    drawn = {}

    def keep(name):
        def draw(title, values):
            drawn[name] = (title, values)
            return Figure()

        return draw

    monkeypatch.setattr("stages.compare.draw_first_layer", keep("snapshots"))
    monkeypatch.setattr("stages.compare.draw_distributions", keep("shares"))
    (study / "params.yaml").write_text((PARAMETERS % "true").replace("[0, 1]", "[1, 0]"))
    compare_variants("mnist")
    title, snapshots = drawn["snapshots"]
    assert title == "mnist (embedded data): gradient of the first layer, depth 14, seed 1"
    assert list(snapshots) == ["plain", "residual"]
    assert list(snapshots["plain"]) == [0, 20, 40]
    assert np.isfinite(snapshots["plain"][20]).all()
    assert np.isnan(snapshots["plain"][40]).all()  # plain-14-1 is the one that diverged, at step 25
    title, shares = drawn["shares"]
    assert "mnist (embedded data)" in title
    assert "depth 14, n = 2 seeds pooled" in title
    assert shares.index.unique("depth").tolist() == [14]
    assert shares["nonfinite"].groupby(["variant", "step"]).max().loc["plain", 30] == 0.5


def test_the_comparison_is_of_all_runs_and_of_leaves_where_images_have_them(study):
    shutil.rmtree(study / "data/shards")
    write_shards(study, "mnist", images_per_leaf=6)
    compare_variants("mnist")
    published = metrics(study, "comparison-mnist")
    # Validation reaches 0.4 after two epochs of ten steps at accuracy 0.9, after four at 0.5, never where it diverged.
    assert published["embedded.depth-14.lower_is_better.steps_to_target.residual"] == 20
    assert published["embedded.depth-14.lower_is_better.steps_to_target.plain"] == 40
    assert published["embedded.depth-14.higher_is_better.reached_target.plain"] == 0.5
    assert published["embedded.depth-14.lower_is_better.diverged.plain"] == 0.5
    flops = math.log10(20 * 100 / 10 * 14_000)  # two epochs of 100 training images, 14,000 operations each
    key = "embedded.depth-14.lower_is_better.flops_to_target_log10.residual"
    assert published[key] == pytest.approx(flops, rel=1e-5)
    text = (study / "metrics/comparison-mnist.md").read_text()
    assert "over 10 resampled leaves" in text  # 60 test images
    assert "**not enough runs**" in text
    rows = pd.read_csv(study / "metrics/comparison-mnist.csv")
    assert len(rows) == len(CELLS)
    assert rows.groupby("variant")["test_accuracy"].max().to_dict() == {"plain": 0.5, "residual": 0.9}


def test_a_study_of_one_variant_has_every_file(study):
    (study / "params.yaml").write_text((PARAMETERS % "true").replace("['plain', 'residual']", "[residual]"))
    evaluate("mnist")
    compare_variants("mnist")
    assert "**not enough runs**" in (study / "metrics/comparison-mnist.md").read_text()
    for name in ("comparison", "first_convolution", "gradient_distribution"):
        assert (study / f"plots/mnist/{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("value", ["maybe", "1", "null"])
def test_a_variant_that_is_neither_is_refused(study, value):
    (study / "params.yaml").write_text(PARAMETERS % value)
    with pytest.raises(ParameterError, match=r"model\.residual is .*; allowed: true or false\."):
        evaluate("mnist")


def test_a_wrong_matrix_is_refused(study):
    (study / "params.yaml").write_text((PARAMETERS % "true").replace("[0, 1]", "3"))
    with pytest.raises(ParameterError, match="seeds is 3"):
        timing("mnist")
