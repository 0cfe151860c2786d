"""What a reviewer sees of a change: the difference between two commits, without anything that no longer exists."""

import json

import pytest

pytestmark = pytest.mark.pipeline

PAGES = ("comparison", "inspection", "audit", "timing")
REPORTS = ("evaluate@mnist", *(f"report@{page}-mnist" for page in PAGES))
FILES = {f"metrics/{name}.json" for name in ("mnist", *(f"{x}-mnist" for x in ("comparison", "inspection", "audit")))}
RUNS = ("plain", "residual")


@pytest.fixture
def project(finished):
    """The finished project, put back afterwards."""
    start = finished.run("git", "rev-parse", "HEAD").strip()
    yield finished
    finished.run("git", "reset", "--quiet", "--hard", start)
    finished.run("dvc", "checkout", "--quiet", "--force")


def leaves(values, path=()):
    if isinstance(values, dict):
        return {name: leaf for key, value in values.items() for name, leaf in leaves(value, (*path, key)).items()}
    return {".".join(path): values}


def test_two_commits_with_a_longer_training_between_them(project):
    project.set(data__mnist__epochs=2)
    project.run("dvc", "repro", *REPORTS)
    project.commit("Train for two epochs")
    diff = json.loads(project.run("dvc", "metrics", "diff", "--json", "HEAD~1", "HEAD"))
    assert set(diff) == FILES

    comparison = diff["metrics/comparison-mnist.json"]
    ways = {name: name.removeprefix("embedded.depth-8.").split(".") for name in comparison}
    assert all(name.startswith("embedded.depth-8.") for name in comparison)
    # Six steps are an epoch of 1,296 images in batches of 256, too few to reach the target: the whole budget counts.
    for variant in RUNS:
        row = comparison[f"embedded.depth-8.lower_is_better.steps_to_target.{variant}"]
        assert row == {"old": 6, "new": 12, "diff": 6}
        assert f"embedded.depth-8.higher_is_better.test_accuracy.{variant}" in comparison
        # Twice the operations, as a power of ten.
        row = comparison[f"embedded.depth-8.lower_is_better.flops_to_target_log10.{variant}"]
        assert row["diff"] == pytest.approx(0.30103, abs=1e-5)
    # Unchanged values have no row: the number of runs, none diverged, none reached the target, gradients at step 0.
    unchanged = {"runs", "diverged", "reached_target", "signal_distance_early"}
    assert not unchanged & {step for way in ways.values() for step in way}
    # A row says which direction is better, or that it is a difference between the twins or its significance.
    about_twins = {"residual_minus_plain", "mcnemar_log10_p", "test_accuracy_difference_over_images"}
    assert {way[0] for way in ways.values()} == {"higher_is_better", "lower_is_better"} | about_twins
    assert len(comparison) <= 35

    # Border pixels and guesses are unchanged: only the networks' rows differ.
    audit = {name.removeprefix("embedded.") for name in diff["metrics/audit-mnist.json"]}
    assert audit <= {
        f"higher_is_better.{name}"
        for variant in RUNS
        for name in (f"test_accuracy.{variant}-8", f"lowest_class_recall.{variant}")
    }
    assert audit
    assert len(diff["metrics/inspection-mnist.json"]) <= 10
    assert sum(map(len, diff.values())) <= 70, "more than a reviewer reads"
    for name, rows in diff.items():
        assert all(type(end) in {int, float} for row in rows.values() for end in row.values()), name
        assert all(row.startswith("embedded.") for row in rows), name


def test_lists_in_another_order_give_the_same_comparison_and_train_nothing(project):
    def compared():
        return {name: content for name, content in project.hashes("metrics", "plots/mnist").items() if wanted(name)}

    def wanted(name):
        # The first layer's gradient comes from the first listed seed.
        parts = ("comparison-mnist", "metrics/mnist.json", "mnist/comparison/")
        return any(part in name for part in parts) and "first_convolution" not in name

    before = compared()
    project.set(seeds=[1, 0], variants=["residual", "plain"])
    output = project.run("dvc", "repro", "evaluate@mnist", "report@comparison-mnist")
    assert "Running stage 'compare@mnist'" in output
    assert "Running stage 'train" not in output
    assert compared() == before
    assert len(before) == 2 + 5 + 1 + 8  # JSON, Markdown; CSV; the metrics; pictures


def test_what_a_shorter_list_left_out_is_nowhere_any_more(project):
    project.set(datasets=["mnist"], seeds=[0])
    project.run("bash", "-c", "rm -rf dvc.lock data metrics plots")  # as in the README
    output = project.run("dvc", "repro", *REPORTS)
    assert not any(f"Running stage '{stage}@" in output for stage in ("download", "preprocess", "train"))
    assert {path.name for path in (project.folder / "data/runs/mnist").iterdir()} == {f"{name}-8-0" for name in RUNS}
    assert not list((project.folder / "data").glob("*/plantvillage"))
    for name, content in project.hashes("metrics", "plots").items():
        assert "plantvillage" not in name
        if not name.endswith(".png"):
            assert b"seed-1" not in content, name
            assert b"plantvillage" not in content, name
    lock = (project.folder / "dvc.lock").read_text(encoding="utf-8")
    assert "plantvillage" not in lock
    assert "-8-1" not in lock
    published = leaves(json.loads((project.folder / "metrics/comparison-mnist.json").read_text(encoding="utf-8")))
    assert published["embedded.depth-8.runs.plain"] == 1
