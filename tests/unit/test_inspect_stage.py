"""The stage that inspects trained networks, and its report, on runs with initial weights."""

import json

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML
from safetensors.torch import save_file

from resgrad.common.cells import Matrix
from resgrad.common.config import load
from resgrad.models import build_network
from resgrad.models.config import load_model
from resgrad.preprocess.shard_writer import ShardWriter
from resgrad.results.runs import RunError
from stages.inspect import inspect_runs
from stages.report import write_report
from tests.paths import PARAMS
from tests.unit.fake_runs import write_run

SHAPE, CLASSES = (1, 8, 8), 10
PLOTS = ["layer_responses.png", "lesions.png", "path_lengths.png"]


class Study:
    """A folder with parameters, shards and runs."""

    def __init__(self, folder):
        self.folder = folder
        self.parameters = YAML(typ="safe").load(PARAMS)
        self.parameters |= {"datasets": ["mnist"], "depths": [14, 8], "seeds": [4, 2]}
        self.parameters["model"] |= {"width": 2}
        self.parameters["inspect"] |= {"images": 6, "paths": 3, "lesions": {"images": 4, "reorderings": 2}}

    def write(self, diverged=()):
        """Write everything again; ``diverged`` are names of runs."""
        YAML().dump(self.parameters, self.folder / "params.yaml")
        generator = np.random.default_rng(0)
        (self.folder / "data/shards").mkdir(parents=True)
        writer = ShardWriter(self.folder / "data/shards/mnist", SHAPE)
        rows = []
        for image in range(30):
            split = "train" if image < 20 else "validation"
            writer.add(generator.integers(0, 256, SHAPE, dtype=np.uint8), image % CLASSES, ["leaf", "random"])
            row = {"id": f"{image}", "label": image % CLASSES, "group": None, "split_random": split}
            rows.append(row | {"split_leaf": split, "sha256": f"{image:064x}"})
        manifest = {"split": "random", "classes": [str(k) for k in range(CLASSES)], "provenance": "embedded"}
        writer.finish(rows, manifest)
        lists = {name: self.parameters[name] for name in Matrix.model_fields}
        config = load_model(self.parameters["model"])
        for cell in load(Matrix, lists).cells("mnist"):
            write_run(self.folder, cell, diverged_step=25 if cell.name in diverged else None)
            network = build_network(
                config, depth=cell.depth, residual=cell.residual, image_shape=SHAPE, classes=CLASSES, seed=cell.seed
            )
            save_file(network.state_dict(), self.folder / "data/runs/mnist" / cell.name / "weights.safetensors")

    def table(self, name):
        return pd.read_parquet(self.folder / f"data/inspection/mnist/{name}.parquet")

    def metrics(self):
        return json.loads((self.folder / "metrics/inspection-mnist.json").read_text())["embedded"]

    def plots(self):
        return sorted(path.name for path in (self.folder / "plots/mnist/inspection").iterdir())


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Study(tmp_path)


def inspect_and_report():
    inspect_runs("mnist")
    write_report("inspection", "mnist")


def test_so_many_seeds_are_looked_into_the_first_ones(study):
    study.parameters["inspect"]["networks"] = 1
    study.write()
    inspect_runs("mnist")
    assert set(study.table("responses")["seed"]) == {4}
    assert study.metrics()["depth-14"]["residual"]["runs"] == 1


def test_tables_metrics_and_pictures_are_written_for_every_run(study):
    study.write()
    inspect_and_report()
    responses, paths = study.table("responses"), study.table("paths")
    run = ["variant", "depth", "seed"]
    assert responses.groupby(run).size().to_dict() == {
        (variant, depth, seed): depth - 1 for variant in ("plain", "residual") for depth in (8, 14) for seed in (2, 4)
    }
    lengths = paths.groupby(["variant", "depth", "seed"])["length"].agg(list).to_dict()
    assert lengths["residual", 14, 2] == list(range(7))
    assert lengths["plain", 8, 4] == [3]
    metrics = study.metrics()
    assert list(metrics) == ["depth-14"]
    assert metrics["depth-14"]["residual"]["runs"] == 2
    assert "path_length_median" in metrics["depth-14"]["residual"]
    assert metrics["depth-14"]["plain"].keys() == {"runs", "response_std", "gain_log10"}
    page = (study.folder / "metrics/inspection-mnist.md").read_text()
    assert "| 8 " in page
    assert "the share of 4 validation images" in page
    assert study.plots() == PLOTS


def test_a_second_time_writes_the_same_bytes(study):
    def written():
        inspect_and_report()
        files = [path for top in ("data/inspection", "metrics", "plots") for path in (study.folder / top).rglob("*.*")]
        return {path: path.read_bytes() for path in files}

    study.parameters["inspect"]["loss_surface"]["steps"] = 1
    study.write()
    first = written()
    assert len(first) == 1 + 10 + 2 + 5 + 4  # tables and their description; JSON and page; CSV; pictures
    assert written() == first


def test_a_loss_surface_on_demand_is_of_the_deepest_twins_of_the_first_seed(study):
    study.parameters["inspect"]["loss_surface"] |= {"steps": 1, "radius": 0.5}
    study.write()
    inspect_and_report()
    surface = study.table("loss_surface")
    assert surface.groupby(["variant", "depth", "seed"]).size().to_dict() == {
        ("plain", 14, 4): 9,
        ("residual", 14, 4): 9,
    }
    assert surface["x"].max() == 0.5
    assert study.plots() == ["layer_responses.png", "lesions.png", "loss_surface.png", "path_lengths.png"]
    study.parameters["inspect"]["loss_surface"]["steps"] = 0
    YAML().dump(study.parameters, study.folder / "params.yaml")
    inspect_and_report()
    assert study.plots() == PLOTS
    assert not (study.folder / "data/inspection/mnist/loss_surface.parquet").exists()


def test_runs_that_diverged_are_left_out(study):
    study.parameters["inspect"]["loss_surface"]["steps"] = 1
    study.write(diverged=["plain-14-4", "residual-8-2"])
    inspect_and_report()
    assert {variant: of["runs"] for variant, of in study.metrics()["depth-14"].items()} == {"plain": 1, "residual": 2}
    assert set(study.table("responses").query("depth == 8 and variant == 'residual'")["seed"]) == {4}
    assert set(study.table("loss_surface")["variant"]) == {"residual"}


def test_where_all_runs_diverged_there_is_nothing_to_see(study):
    study.parameters |= {"variants": ["plain"], "depths": [8], "seeds": [0]}
    study.write(diverged=["plain-8-0"])
    inspect_and_report()
    assert study.metrics() == {}
    assert study.plots() == []
    assert study.table("responses").empty


def test_one_variant_alone(study):
    study.parameters |= {"variants": ["residual"]}
    study.write()
    inspect_and_report()
    assert study.metrics()["depth-14"].keys() == {"residual"}
    assert study.plots() == PLOTS


def test_blocks_are_left_out_and_swapped_on_validation_images_that_stand_where_they_are_asked_for(study):
    study.write()
    inspect_and_report()
    lesions, reorderings = study.table("lesions"), study.table("reorderings")
    runs = [(v, depth, seed) for v in ("plain", "residual") for depth in (8, 14) for seed in (2, 4)]
    run = ["variant", "depth", "seed"]
    assert lesions.groupby(run).size().to_dict() == {(v, d, s): (d - 2) // 2 for v, d, s in runs}
    plain = lesions["variant"] == "plain"
    assert (lesions["error"].isna() == (plain & lesions["changes_shape"])).all()
    assert set(lesions["whole_error"]) <= {0, 0.25, 0.5, 0.75, 1}
    assert reorderings.groupby(run).size().to_dict() == {(v, 14, s): 4 for v, d, s in runs if d == 14}


@pytest.mark.parametrize(
    ("network", "depths", "plots", "said"),
    [
        ("cifar_residual_in_residual", [14, 8], ["lesions.png"], "4 validation images"),
        ("densenet", [7], [], "These networks have no blocks"),
    ],
)
def test_a_network_without_paths_through_blocks_in_series_has_no_picture_of_them(study, network, depths, plots, said):
    study.parameters |= {"depths": depths}
    if network == "densenet":
        study.parameters |= {"variants": ["residual"]}
    study.parameters["model"]["network"] = network
    study.write()
    inspect_and_report()
    assert study.plots() == ["layer_responses.png", *plots]
    assert said in (study.folder / "metrics/inspection-mnist.md").read_text()
    deepest = study.metrics()[f"depth-{max(depths)}"]
    assert deepest["residual"].keys() == {"runs", "response_std"}
    assert "residual" not in set(study.table("paths")["variant"])


def test_weights_of_another_network_are_refused(study):
    study.write()
    study.parameters["model"]["width"] = 4
    YAML().dump(study.parameters, study.folder / "params.yaml")
    with pytest.raises(
        RunError, match=r"plain-14-4/weights\.safetensors is not of the network that params\.yaml .* re"
    ):
        inspect_and_report()


def test_weights_that_are_missing_are_named(study):
    study.write()
    (study.folder / "data/runs/mnist/residual-8-2/weights.safetensors").unlink()
    with pytest.raises(RunError, match=r"residual-8-2/weights\.safetensors is missing; `dvc repro train@mnist-resid"):
        inspect_and_report()
