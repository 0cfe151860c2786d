"""The stages that read all runs, on fake runs: the files that they publish, and the parameters that they refuse."""

import json

import pytest

from resgrad.common.config import ParameterError
from resgrad.comparison.rows import rows
from resgrad.report.comparison import CSV
from stages.compare import compare_variants
from stages.evaluate import evaluate
from stages.report import write_report
from stages.timing import timing
from tests.unit.fake_runs import write_run
from tests.unit.finished_study import CELLS, PARAMETERS
from tests.unit.flat_metrics import metrics


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
        for page in ("comparison", "timing"):
            write_report(page, "mnist")
        files = sorted(path for folder in ("metrics", "plots") for path in (study / folder).rglob("*.*"))
        return {path.relative_to(study).as_posix(): path.read_bytes() for path in files}

    first = run()
    drawn = {"comparison", "first_convolution", "gradient_distribution", *rows()}
    assert list(first) == [
        *(f"metrics/comparison-mnist/{table}.csv" for table in sorted(CSV)),
        "metrics/comparison-mnist.json",
        "metrics/comparison-mnist.md",
        "metrics/mnist.json",
        "metrics/timing-mnist/averages.csv",
        "metrics/timing-mnist/times.csv",
        "metrics/timing-mnist.md",
        "plots/mnist/accuracy.json",
        *(f"plots/mnist/comparison/{name}.png" for name in sorted(drawn)),
        "plots/mnist/confusion.json",
        "plots/mnist/gradient_heatmap.json",
        "plots/mnist/gradient_norms.json",
        "plots/mnist/loss.json",
        "plots/mnist/timing/times.png",
    ]
    assert run() == first


def test_all_rows_of_a_plot_have_the_same_keys_and_name_provenance_and_variant(study):
    (study / "params.yaml").write_text(PARAMETERS % "false")
    evaluate("mnist")
    for path in (study / "plots/mnist").glob("*.json"):
        plotted = json.loads(path.read_text())
        assert {tuple(row) for row in plotted} == {tuple(plotted[0])}
        assert all(row["panel"] == f"embedded mnist · depth {row['depth']}" for row in plotted)
        assert {row["variant"] for row in plotted} == {"plain"}
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


def test_a_study_of_one_variant_has_every_file(study):
    (study / "params.yaml").write_text((PARAMETERS % "true").replace("['plain', 'residual']", "[residual]"))
    evaluate("mnist")
    compare_variants("mnist")
    write_report("comparison", "mnist")
    assert "**no pairs**" in (study / "metrics/comparison-mnist.md").read_text()
    for name in ("comparison", "first_convolution", "gradient_distribution"):
        assert (study / f"plots/mnist/comparison/{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("value", ["maybe", "1", "null"])
def test_a_variant_that_is_neither_is_refused(study, value):
    (study / "params.yaml").write_text(PARAMETERS % value)
    with pytest.raises(ParameterError, match=r"model\.residual is .*; allowed: true or false\."):
        evaluate("mnist")


def test_a_wrong_matrix_is_refused(study):
    (study / "params.yaml").write_text((PARAMETERS % "true").replace("[0, 1]", "3"))
    with pytest.raises(ParameterError, match="seeds is 3"):
        timing("mnist")
