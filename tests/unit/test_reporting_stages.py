"""The three stages that look at all runs, on fake ones."""

import json

import pytest

from resgrad.cells import Matrix
from resgrad.config import ParameterError
from stages.compare import compare_variants
from stages.evaluate import evaluate
from stages.timing import timing
from tests.unit.fake_runs import write_run

PARAMETERS = "datasets: [mnist]\ndepths: [14, 8]\nseeds: [0, 1]\nmodel: {residual: %s}\nunrelated: [1]\n"
CELLS = list(Matrix(datasets=["mnist"], depths=[14, 8], seeds=[0, 1]).cells("mnist"))


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for cell in CELLS:
        diverged = 25 if (cell.variant, cell.depth, cell.seed) == ("plain", 14, 1) else None
        write_run(tmp_path, cell, accuracy=0.5 if cell.variant == "plain" else 0.9, diverged_step=diverged)
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
        "metrics/comparison-mnist.json",
        "metrics/comparison-mnist.md",
        "metrics/mnist.json",
        "metrics/timing-mnist.json",
        "plots/mnist/accuracy.json",
        "plots/mnist/comparison.png",
        "plots/mnist/confusion.json",
        "plots/mnist/gradient_norms.json",
        "plots/mnist/loss.json",
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


def test_runs_that_the_parameters_do_not_list_are_not_read(study):
    evaluate("mnist")
    before = (study / "metrics/mnist.json").read_bytes()
    write_run(study, CELLS[0]._replace(seed=9, variant="residual"), accuracy=0.1)
    evaluate("mnist")
    assert (study / "metrics/mnist.json").read_bytes() == before


@pytest.mark.parametrize("value", ["maybe", "1", "null"])
def test_a_variant_that_is_neither_is_refused(study, value):
    (study / "params.yaml").write_text(PARAMETERS % value)
    with pytest.raises(ParameterError, match=r"model\.residual is .*; allowed: true or false\."):
        evaluate("mnist")


def test_a_wrong_matrix_is_refused(study):
    (study / "params.yaml").write_text((PARAMETERS % "true").replace("[0, 1]", "3"))
    with pytest.raises(ParameterError, match="seeds is 3"):
        timing("mnist")
