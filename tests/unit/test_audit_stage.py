"""The stage that audits a dataset, on small shards and fake runs, and the parameters that it refuses."""

import json
import shutil

import pandas as pd
import pytest
from ruamel.yaml import YAML

from resgrad.common.cells import Matrix
from resgrad.common.config import ParameterError, load, read
from resgrad.report.audit import CSV
from resgrad.report.room import Room
from resgrad.shards.batches import Batches
from resgrad.shards.config import AugmentConfig
from resgrad.study import Study
from stages.audit import audit
from stages.report import write_report
from tests.paths import PARAMS
from tests.unit.fake_runs import write_run
from tests.unit.flat_metrics import leaves
from tests.unit.leaf_shards import CLASSES, write_shards

MATRIX = {"datasets": ["mnist", "plantvillage"], "variants": ["plain", "residual"], "depths": [14, 8], "seeds": [0, 1]}
AUDIT = {"depth": 8, "width": 2, "epochs": 2, "seeds": [0, 1]}


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_shards(tmp_path / "data/shards/plantvillage", brighter=10)  # so that forests err, differently by split
    write_shards(tmp_path / "data/shards/mnist", leaves=False, shape=(1, 8, 8))
    for dataset in MATRIX["datasets"]:
        for cell in Matrix(**MATRIX).cells(dataset):
            write_run(tmp_path, cell, classes=CLASSES, accuracy=0.4 if cell.variant == "plain" else 0.9)
    YAML().dump({**MATRIX, "train": read(PARAMS)["train"], "audit": AUDIT}, tmp_path / "params.yaml")
    budget = {"epochs": 2, "augment": read(PARAMS)["data"]["plantvillage"]["augment"]}
    (tmp_path / "data/params.json").write_text(json.dumps({"data": dict.fromkeys(MATRIX["datasets"], budget)}))
    return tmp_path


def published(study, dataset):
    return dict(leaves(json.loads((study / f"metrics/audit-{dataset}.json").read_text())["embedded"]))


def test_metrics_are_a_few_finite_numbers_under_their_provenance(study):
    audit("plantvillage")
    values = published(study, "plantvillage")
    assert all(type(value) in {int, float} for value in values.values())
    assert len(values) <= 15
    assert values["higher_is_better.test_accuracy.residual-8"] == 0.9
    blind = "lower_is_better.test_accuracy_without_a_leaf"
    assert values[f"{blind}.most_frequent_class"] == pytest.approx(1 / 3, rel=1e-5)
    assert values[f"{blind}.border_pixels"] > 1 / 3
    added = "lower_is_better.test_accuracy_added_by_random_split"
    for over in ("seeds", "leaves"):
        low, high = (values[f"{added}.{end}_over_{over}"] for end in ("low", "high"))
        assert low <= values[f"{added}.difference"] <= high


def test_tables_hold_what_the_metrics_were_made_of(study):
    audit("plantvillage")
    values = published(study, "plantvillage")
    room = {path.stem: pd.read_parquet(path) for path in (study / "data/audit/plantvillage").glob("*.parquet")}
    assert set(room) == {
        *("classifiers", "averages", "recall", "classes"),
        *("split_networks", "split_border_pixels", "split_accuracies", "split_averages", "inflation"),
    }
    means = room["split_networks"].groupby("scheme")["correct"].mean()
    added = values["lower_is_better.test_accuracy_added_by_random_split.difference"]
    assert added == pytest.approx(means["random"] - means["leaf"], abs=1e-5) != 0
    networks = room["split_averages"].query("classifier == 'network'").set_index("scheme")
    assert networks["mean"].to_dict() == pytest.approx(means.to_dict())
    assert networks["leak"].to_dict() == {"leaf": 0, "random": 1}, "as the manifest says"
    forests = room["split_border_pixels"].groupby("scheme")["accuracy"].mean()
    border = values["lower_is_better.test_accuracy_without_a_leaf.border_pixels"]
    assert border == pytest.approx(forests["leaf"], abs=1e-5), "the split in use"
    assert forests["leaf"] != pytest.approx(forests["random"], abs=1e-5), "tells nothing"
    recall = room["recall"].groupby(["variant", "class"])["recall"].mean()
    lowest = values["higher_is_better.lowest_class_recall.plain"]
    assert lowest == pytest.approx(recall["plain"].min(), abs=1e-5)
    assert set(room["recall"]["depth"]) == {14}, "the deepest, though it is not listed last"
    assert room["classes"].set_index(["variant", "class"])["recall"].to_dict() == pytest.approx(recall.to_dict())
    assert (room["classes"][["train", "validation", "test"]] == [24, 8, 8]).all(axis=None)


def test_the_room_says_of_what_it_is(study):
    audit("plantvillage")
    assert Room(study / "data/audit/plantvillage").about == {
        "dataset": "plantvillage",
        "provenance": "embedded",
        "split": "leaf",
        "depth": 14,
    }


def test_without_leaves_nothing_is_trained_and_the_page_says_so(study):
    audit("mnist")
    assert not any("random_split" in key for key in published(study, "mnist"))
    room = study / "data/audit/mnist"
    assert {path.stem for path in room.glob("*.parquet")} == {"classifiers", "averages", "recall", "classes"}
    assert not (study / ".checkpoints").exists()
    write_report("audit", "mnist")
    assert "Not applicable: no leaves are known of these images" in (study / "metrics/audit-mnist.md").read_text()
    tracked = {path.name for path in (study / "metrics/audit-mnist").iterdir()}
    assert tracked == {"classifiers.csv", "averages.csv", "classes.csv"}
    assert (study / "plots/mnist/audit/audit.png").exists()


def test_the_networks_of_both_splits_see_the_augmentation_of_their_own_dataset(study, monkeypatch):
    resolved = read(study / "data/params.json")
    augment = resolved["data"]["plantvillage"]["augment"]
    for dataset, rotation in {"mnist": 10, "plantvillage": 20}.items():
        resolved["data"][dataset] = {"epochs": 2, "augment": {**augment, "rotation": rotation}}
    (study / "data/params.json").write_text(json.dumps(resolved))
    seen = []
    shuffled = Batches.shuffled

    def logged(self, batch_size, augment, seed, epoch):
        seen.append(augment)
        return shuffled(self, batch_size, augment, seed, epoch)

    monkeypatch.setattr(Batches, "shuffled", logged)
    audit("plantvillage")
    own = load(AugmentConfig, resolved["data"]["plantvillage"]["augment"])
    assert own.rotation == 20
    assert seen == [own] * 8, "two splits, two seeds, two epochs"


def test_run_twice_it_writes_the_same_bytes(study):
    def run():
        audit("plantvillage")
        write_report("audit", "plantvillage")
        folders = [study / "metrics", study / "plots", study / "data/audit"]
        files = sorted(path for folder in folders for path in folder.rglob("*.*"))
        return {path.relative_to(study).as_posix(): path.read_bytes() for path in files}

    first = run()
    assert list(first) == [
        "data/audit/plantvillage/about.json",
        *(f"data/audit/plantvillage/{name}.parquet" for name in ("averages", "classes", "classifiers", "inflation")),
        *(f"data/audit/plantvillage/{name}.parquet" for name in ("recall", "split_accuracies", "split_averages")),
        *(f"data/audit/plantvillage/{name}.parquet" for name in ("split_border_pixels", "split_networks")),
        *(f"metrics/audit-plantvillage/{name}.csv" for name in sorted(CSV)),
        "metrics/audit-plantvillage.json",
        "metrics/audit-plantvillage.md",
        "plots/plantvillage/audit/audit.png",
    ]
    shutil.rmtree(study / "metrics")
    assert run() == first


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"depth": 9}, "audit.depth is 9; allowed: 6n+2, from 8 on: 8, 14, 20, ..."),
        ({"depth": 2}, "audit.depth is 2; allowed: 6n+2, from 8 on: 8, 14, 20, ..."),
        ({"seeds": [1, 1]}, "audit.seeds is [1, 1]; allowed: each value once."),
        ({"width": 0}, "audit.width is 0; allowed: greater than or equal to 1."),
    ],
)
def test_an_audit_that_cannot_be_carried_out_is_refused(changes, sentence):
    values = read(PARAMS)
    with pytest.raises(ParameterError) as caught:
        load(Study, {**values, "audit": {**values["audit"], **changes}})
    assert sentence in str(caught.value).splitlines()


def test_a_warm_up_as_long_as_the_audits_training_is_refused():
    values = read(PARAMS)
    values["audit"]["epochs"] = values["train"]["warmup_epochs"] = 2
    with pytest.raises(ParameterError, match=r"audit\.epochs is 2; allowed: more than train\.warmup_epochs"):
        load(Study, values)
