"""The whole pipeline on tiny networks, as a user runs it."""

import json
import re

import pytest

pytestmark = pytest.mark.pipeline


PLOTS = (
    *("accuracy.json", "loss.json", "gradient_norms.json", "gradient_heatmap.json", "confusion.json"),
    *(f"comparison/{name}.png" for name in ("comparison", "first_convolution", "gradient_distribution")),
    *(f"inspection/{name}.png" for name in ("layer_responses", "lesions", "path_lengths")),
    *("audit/audit.png", "timing/times.png"),
)


ROOMS = ("raw", "shards", "runs", "gradients", "rates", "probe", "tolerance", "comparison", "inspection", "audit")
"""Folders of data/ without wall-clock times."""


def trained(output: str) -> list[str]:
    return re.findall(r"Running stage '((?:train|rate)@[^']+)'", output)


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", output)


def test_a_second_repro_does_nothing(finished):
    assert "Data and pipelines are up to date." in finished.run("dvc", "repro")
    assert finished.run("git", "status", "--porcelain") == ""


def test_no_plot_has_an_error(finished):
    shown = json.loads(finished.run("dvc", "plots", "show", "--json"))
    assert "errors" not in shown
    drawn = {f"plots/{d}/{name}" for d in ("mnist", "plantvillage") for name in PLOTS}
    assert drawn <= set(shown["data"])


def test_metrics_open_with_the_provenance_and_hold_numbers_only(finished):
    values = json.loads(finished.run("dvc", "metrics", "show", "--json"))[""]["data"]
    assert {name for name in values if name.startswith("metrics/")} == set(values)

    def leaves(node):
        return [leaf for child in node.values() for leaf in leaves(child)] if isinstance(node, dict) else [node]

    for name, file in values.items():
        assert list(file["data"]) == ["noise" if name == "metrics/probe.json" else "embedded"], name
        assert all(type(leaf) in (int, float) for leaf in leaves(file["data"])), name


def test_switching_the_variant_trains_nothing_and_the_diff_compares_the_twins(finished):
    output = finished.run("dvc", "exp", "run", "--set-param", "model.residual=false")
    try:
        assert set(stages_run(output)) == {"check", "evaluate@mnist", "evaluate@plantvillage"}
        diff = json.loads(finished.run("dvc", "metrics", "diff", "--json"))
        assert set(diff) == {"metrics/mnist.json", "metrics/plantvillage.json"}
        plots = json.loads(finished.run("dvc", "plots", "diff", "--json"))
        assert "errors" not in plots
        revisions = {entry for plot in plots["data"].values() for item in plot for entry in item.get("revisions", [])}
        assert {"HEAD", "workspace"} <= revisions
    finally:
        finished.run("git", "checkout", "--quiet", ".")
        finished.run("dvc", "checkout", "--quiet")
    assert "Data and pipelines are up to date." in finished.run("dvc", "repro")


def test_a_parameter_that_cannot_be_used_stops_everything(finished):
    finished.set(train__optimizer="sdg")
    try:
        output = finished.run("dvc", "repro", check=False)
        assert "train.optimizer is 'sdg'; allowed: 'sgd', 'adam', 'rmsprop' or 'adagrad'." in output
        assert stages_run(output) == ["check"]
        assert "Traceback" not in output
    finally:
        finished.run("git", "checkout", "--quiet", "params.yaml")
        finished.run("dvc", "checkout", "--quiet")
    assert "Data and pipelines are up to date." in finished.run("dvc", "repro")


@pytest.mark.parametrize(
    ("change", "trains", "ends"),
    [
        ({"seeds": [0, 1, 2]}, 4, "-8-2"),
        ({"tolerance__rates": [0.01, 1, 0.1]}, 4, "-0.1-0"),
        ({"tolerance__seeds": [0, 1]}, 8, "-1"),
        ({"train__learning_rate": 0.05}, 8, ""),
    ],
)
def test_another_seed_or_rate_trains_only_its_own_cells(finished, change, trains, ends):
    planned = finished.run("dvc", "repro", "--dry")
    assert trained(planned) == []
    finished.set(**change)
    try:
        planned = trained(finished.run("dvc", "repro", "--dry"))
        assert len(planned) == trains
        assert all(name.endswith(ends) for name in planned)
        assert len({name.split("@")[0] for name in planned}) == 1, "the one kind trains for the other's parameters"
    finally:
        finished.run("git", "checkout", "--quiet", "params.yaml")


@pytest.mark.parametrize(
    "package", ["models/networks", "models/shortcuts", "models/activations", "gradients/statistics"]
)
def test_adding_a_kind_retrains_nothing(finished, package):
    extra = finished.folder / "src/resgrad" / package / "another.py"
    extra.write_text('"""Another kind."""\n', encoding="utf-8")
    try:
        assert rerun(finished) == set()
    finally:
        extra.unlink()
        finished.run("dvc", "repro", "check")


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("models/shortcuts/zero_padding.py", {"train", "rate", "audit"}),
        ("gradients/statistics/grad_norm.py", {"train"}),
        ("tolerance/outcome.py", {"rate"}),
        ("audit/summary.py", {"audit"}),
        ("datasets/formats/idx.py", {"download"}),
    ],
)
def test_editing_a_file_runs_the_dear_stages_that_import_it(finished, file, stages):
    path = finished.folder / "src/resgrad" / file
    original = path.read_text(encoding="utf-8")
    path.write_text(f"{original}# Edited.\n", encoding="utf-8")
    try:
        assert rerun(finished) == stages
    finally:
        path.write_text(original, encoding="utf-8")
        finished.run("dvc", "repro", "check")
    assert rerun(finished) == set()


def rerun(project) -> set[str]:
    """Let ``check`` read the code, and list the dear stages that would then run, by name without what they are of."""
    project.run("dvc", "repro", "check")
    names = {name.split("@")[0] for name in stages_run(project.run("dvc", "repro", "--dry"))}
    return names & {"download", "train", "rate", "audit"}


def test_dvc_repro_in_a_clone_makes_the_same_bytes_as_two_workers(finished, tmp_path):
    """Everything except wall-clock times: shards, weights, predictions, gradient tables, metrics and plots."""
    clone = finished.clone(tmp_path / "clone")
    clone.run("dvc", "repro")
    folders = (*(f"data/{room}" for room in ROOMS), "metrics", "plots")

    def timeless(project):
        return {name: content for name, content in project.hashes(*folders).items() if "timing" not in name}

    ours, theirs = timeless(finished), timeless(clone)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    changed = set(clone.run("git", "status", "--porcelain").split()[1::2])
    assert {name for name in changed if "timing" not in name} <= {"dvc.lock"}


def test_an_experiment_in_a_temporary_folder_runs_its_own_code(finished):
    """An installed or exported path to another checkout's package must not take precedence."""
    stage = finished.folder / "src/resgrad/results/metrics.py"
    original = stage.read_text(encoding="utf-8")
    stage.write_text(original + '\nraise RuntimeError("the code of this checkout")\n', encoding="utf-8")
    try:
        output = finished.run("dvc", "exp", "run", "--temp", "--set-param", "model.residual=false", check=False)
        assert "the code of this checkout" in output
    finally:
        stage.write_text(original, encoding="utf-8")
