"""The stage that audits a dataset, on small shards and fake runs; its page and its picture."""

import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from resgrad.audit import tables
from resgrad.audit.border_pixels import classify_borders
from resgrad.audit.classifiers import BORDER, GUESS, measure_borders, side_by_side
from resgrad.audit.summary import audit_metrics, average
from resgrad.common.cells import Matrix
from resgrad.common.config import ParameterError, load, read
from resgrad.report.audit import CSV, pictures
from resgrad.report.audit.figure import draw_audit
from resgrad.report.audit.page import to_markdown
from resgrad.report.room import Room
from resgrad.shards.batches import Batches
from resgrad.shards.config import AugmentConfig
from resgrad.shards.shards import Shards
from resgrad.study import Study
from stages.audit import audit
from stages.report import write_report
from tests.paths import PARAMS
from tests.unit.fake_runs import write_run
from tests.unit.leaf_shards import CLASSES, write_shards
from tests.unit.room_of import room_of, rows_of

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


def leaves(values, path=()):
    if isinstance(values, dict):
        for key, value in values.items():
            yield from leaves(value, (*path, key))
    else:
        yield ".".join(path), values


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


MEASURES = pd.DataFrame(
    {
        "variant": ["plain", "residual", "residual"],
        "depth": [8, 8, 8],
        "seed": [0, 0, 1],
        "test.accuracy": [0.5, 0.7, 0.9],
        "test.macro_recall": [0.25, 0.5, 0.75],
        "test.macro_f1": [0.3, 0.4, 0.6],
    }
)
CLASSES_TABLE = pd.DataFrame(
    {
        "class": ["rare", "frequent"],
        "train": [3, 40],
        "validation": [1, 2],
        "test": [2, 20],
    }
).merge(
    pd.DataFrame(
        {
            "class": ["rare", "rare", "frequent", "frequent"],
            "variant": ["plain", "residual"] * 2,
            "recall": [0.0, 0.25, 0.5, 0.95],
        }
    )
)
SPLIT_ACCURACIES = pd.DataFrame({"scheme": ["leaf", "random"], "seed": 0, "accuracy": [0.5, 0.75]})
SPLIT_AVERAGES = pd.DataFrame(
    [
        ("leaf", "network", 2, 0.5, 0.1, 0.0),
        ("random", "network", 2, 0.75, 0.01, math.nan),
        ("leaf", "border_pixels", 1, 0.3, math.nan, 0.0),
        ("random", "border_pixels", 1, 0.4, math.nan, math.nan),
    ],
    columns=["scheme", "classifier", "n", "mean", "sd", "leak"],
)
INFLATION = pd.DataFrame(
    [("seeds", 2, 0.25, -0.01, 0.51), ("leaves", 30, 0.24, 0.2, 0.3)], columns=["over", "n", "mean", "low", "high"]
)

ONE_SEED = INFLATION.assign(n=[1, 30], low=[math.nan, 0.2], high=[math.nan, 0.3])
MEANS = ("accuracy", "balanced_accuracy", "macro_f1")


@pytest.fixture
def classifiers(tmp_path):
    write_shards(tmp_path / "shards")
    return side_by_side(Shards(tmp_path / "shards"), MEASURES, [5])


def test_guess_border_and_networks_stand_side_by_side(classifiers):
    assert classifiers["classifier"].tolist() == [GUESS, BORDER, "plain-8", "residual-8", "residual-8"]
    guess = classifiers.iloc[0]
    # One class of three: recall 1, 0, 0; F1 of the guessed class 2 * (1/3) * 1 / (1/3 + 1) = 1/2.
    assert guess[["accuracy", "balanced_accuracy", "macro_f1"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 6])
    # The squares get lighter from class to class.
    assert classifiers["accuracy"][1] > 0.8
    assert classifiers[2:]["balanced_accuracy"].tolist() == [0.25, 0.5, 0.75]


def test_the_guess_is_the_class_that_is_most_frequent_in_training():
    class Few:
        """Black squares of unequally frequent classes."""

        def read(self, split, _scheme=None):
            labels = {"train": [0, 2, 2, 1, 2], "test": [0, 0, 2, 1]}[split]
            return np.zeros((len(labels), 1, 4, 4), np.uint8), np.array(labels), []

    guess, *_ = side_by_side(Few(), MEASURES, [0]).to_dict("records")
    assert (guess["classifier"], guess["seed"]) == (GUESS, 0)
    assert (guess["accuracy"], guess["balanced_accuracy"]) == pytest.approx((1 / 4, 1 / 3))


@pytest.mark.parametrize(("scheme", "own"), [("leaf", "leaf"), ("random", "random"), (None, "leaf")])
def test_forests_learn_and_are_measured_on_the_split_that_is_asked_for(tmp_path, scheme, own):
    write_shards(tmp_path / "shards", brighter=10)
    shards = Shards(tmp_path / "shards")
    (images, labels, _), (unknown, truth, _) = (shards.read(split, own) for split in ("train", "test"))
    forests = measure_borders(shards, [5, 6], scheme)
    assert forests["seed"].tolist() == [5, 6]
    expected = [(classify_borders(images, labels, unknown, seed) == truth).mean() for seed in (5, 6)]
    assert forests["accuracy"].tolist() == pytest.approx(expected)
    assert max(expected) < 0.9, "tells nothing"


def test_averages_are_over_seeds_for_every_classifier_in_turn(classifiers):
    averages = average(classifiers)
    assert averages.columns.tolist() == ["classifier", "average", "n", "mean", "sd"]
    names = [(name, mean) for name in (GUESS, BORDER, "plain-8", "residual-8") for mean in MEANS]
    assert list(zip(averages["classifier"], averages["average"], strict=True)) == names
    rows = averages.set_index(["classifier", "average"])
    assert rows.loc[("residual-8", "balanced_accuracy")].tolist() == pytest.approx([2, 0.625, 0.25 / math.sqrt(2)])
    assert rows.loc[("plain-8", "macro_f1")].tolist() == pytest.approx([1, 0.3, math.nan], nan_ok=True)


def test_metrics_are_means_over_seeds_named_by_which_way_is_better(classifiers):
    metrics = audit_metrics(average(classifiers), CLASSES_TABLE, INFLATION)
    border = classifiers.set_index("classifier").loc[BORDER, "accuracy"]
    assert metrics == {
        "higher_is_better": {
            "test_accuracy": {"plain-8": 0.5, "residual-8": pytest.approx(0.8)},
            "lowest_class_recall": {"plain": 0.0, "residual": 0.25},
        },
        "lower_is_better": {
            "test_accuracy_without_a_leaf": {GUESS: pytest.approx(1 / 3), BORDER: border},
            "test_accuracy_added_by_random_split": {
                "difference": 0.25,
                "low_over_seeds": -0.01,
                "high_over_seeds": 0.51,
                "low_over_leaves": 0.2,
                "high_over_leaves": 0.3,
            },
        },
    }


def test_an_interval_that_one_seed_does_not_have_is_not_published(classifiers):
    metrics = audit_metrics(average(classifiers), CLASSES_TABLE, ONE_SEED)
    added = metrics["lower_is_better"]["test_accuracy_added_by_random_split"]
    assert added == {"difference": 0.25, "low_over_leaves": 0.2, "high_over_leaves": 0.3}


@pytest.fixture
def room(tmp_path, classifiers):
    """Return a function that makes a room of these tables."""

    def make(inflation=INFLATION):
        about = {"dataset": "plantvillage", "provenance": "embedded", "split": "leaf", "depth": 8}
        contents = {
            tables.CLASSIFIERS: classifiers,
            tables.AVERAGES: average(classifiers),
            tables.CLASSES: CLASSES_TABLE,
        }
        on_splits = {
            tables.SPLIT_ACCURACIES: SPLIT_ACCURACIES,
            tables.SPLIT_AVERAGES: SPLIT_AVERAGES,
            tables.INFLATION: inflation,
        }
        return room_of(tmp_path / "room", contents if inflation is None else contents | on_splits, about)

    return make


def test_every_part_of_the_page_opens_with_its_statement(room):
    title, data, _, seen, *_ = paragraphs = to_markdown(room()).split("\n\n")
    assert title == "# plantvillage (embedded): what the accuracies are made of"
    assert "not plantvillage results" in data
    assert seen == (
        "The same small residual network has a test accuracy of 0.750 on the random split and of 0.500 on the leaf "
        "split, **a difference of +25.0 points** (95% intervals: -1.0 to +51.0 over n = 2 seeds, +20.0 to +30.0 over "
        "30 leaves or stretches of captures)."
    )
    headings = [place for place, text in enumerate(paragraphs) if text.startswith("## ")]
    backdrop, difficult = (paragraphs[place + 1] for place in headings[1:])
    assert backdrop.startswith("**Eight border pixels name the right class for ")
    assert "always guessing the most frequent one for 33.3%, the best networks (residual-8) for 80.0%." in backdrop
    assert difficult == (
        "The largest of 2 classes has 40 training images, the smallest 3. At depth 8, accuracy (micro average) and "
        "balanced accuracy (macro average of recall) are 0.500 and 0.250 (plain), 0.800 and 0.625 (residual). **Recall "
        "is lowest for rare (plain 0.000, residual 0.250; n = 2); frequent (plain 0.500, residual 0.950; n = 20).**"
    )


def test_tables_of_the_page_show_n_and_spread(room):
    rows = rows_of(to_markdown(room()))
    assert ["leaf", "0.500 ± 0.100 (n=2)", "0.300 (n=1)", "0.0%"] in rows
    assert ["random", "0.750 ± 0.010 (n=2)", "0.400 (n=1)", "unknown"] in rows
    assert ["residual-8", "0.800 ± 0.141 (n=2)", "0.625 ± 0.177 (n=2)", "0.500 ± 0.141 (n=2)"] in rows
    assert ["rare", "3", "2", "0.000", "0.250"] in rows


def test_one_seed_has_no_interval(room):
    assert "none over n = 1 seed, +20.0 to +30.0 over 30 leaves" in to_markdown(room(ONE_SEED))


def test_where_no_leaves_are_known_the_page_says_so_in_place_of_the_splits(room):
    _, _, heading, seen, following, *_ = to_markdown(room(None)).split("\n\n")
    assert heading.startswith("## Seen leaves")
    assert seen == "Not applicable: no leaves are known of these images, and both splits are the same."
    assert following.startswith("## Backdrop")


def test_the_picture_has_a_bar_per_classifier_and_a_dot_per_class_and_variant(classifiers):
    figure = draw_audit("a title", classifiers, SPLIT_ACCURACIES, CLASSES_TABLE, 8)
    accuracy, recall = figure.axes
    assert figure.get_suptitle() == "a title"
    assert [bar.get_width() for bar in accuracy.patches][2:] == pytest.approx([0.5, 0.8, 0.5, 0.75])
    assert [text.get_text() for text in accuracy.texts][2:] == ["50.0 %", "80.0 %", "50.0 %", "75.0 %"]
    seeds = [line.get_xydata().tolist() for line in accuracy.get_lines()]
    assert seeds[2:] == [[[0.5, 2]], [[0.7, 3], [0.9, 3]], [[0.5, 4]], [[0.75, 5]]]
    names = [label.get_text() for label in accuracy.get_yticklabels()]
    assert names[:4] == ["most frequent class", "border pixels", "plain-8", "residual-8"]
    assert [label.get_text() for label in recall.get_yticklabels()] == ["rare (2)", "frequent (20)"]
    dots = {line.get_label(): line.get_xdata().tolist() for line in recall.get_lines()}
    assert dots == {"plain": [0.0, 0.5], "residual": [0.25, 0.95]}
    assert recall.get_title(loc="left") == "Recall by class, depth 8"
    assert len(draw_audit("", classifiers, None, CLASSES_TABLE, 8).axes[0].patches) == 4


def test_of_many_classes_page_and_picture_show_the_worst(classifiers, tmp_path):
    many = pd.concat(
        [
            CLASSES_TABLE[CLASSES_TABLE["class"] == "rare"].assign(**{"class": f"class {k:03d}", "recall": k / 200})
            for k in range(200)
        ]
    )
    figure = draw_audit("", classifiers, None, many, 8)
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == [f"class {k:03d} (2)" for k in range(30)]
    assert figure.axes[1].get_title(loc="left") == "Recall by class, depth 8: the 30 lowest of 200"
    assert figure.get_figheight() < 15
    about = {"dataset": "many", "provenance": "custom", "split": "given", "depth": 8}
    contents = {tables.CLASSIFIERS: classifiers, tables.AVERAGES: average(classifiers), tables.CLASSES: many}
    page = to_markdown(room_of(tmp_path / "room", contents, about))
    assert [row[0] for row in rows_of(page) if row[0].startswith("class 0")] == [f"class {k:03d}" for k in range(30)]
    assert page.endswith("Here are 30 of 200; the table `classes` has all.\n")
    assert "The largest of 200 classes has" in page


def test_the_picture_of_a_room_is_drawn_from_its_tables(room):
    ((name, figure),) = pictures(room())
    assert name == "audit"
    title = "plantvillage (embedded data, leaf split): what the accuracies are made of"
    assert figure.get_suptitle() == title
    assert len(figure.axes[0].patches) == 6
    assert figure.axes[1].get_title(loc="left") == "Recall by class, depth 8"
    ((_, without),) = pictures(room(None))
    assert len(without.axes[0].patches) == 4


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
