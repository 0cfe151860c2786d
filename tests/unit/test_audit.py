"""The stage that audits a dataset, on small shards and fake runs; its page and its picture."""

import json
import shutil

import pandas as pd
import pytest
from ruamel.yaml import YAML

from resgrad.audit.classifiers import BORDER, GUESS, side_by_side
from resgrad.audit.summary import summarise
from resgrad.common.cells import Matrix
from resgrad.common.config import ParameterError, load, read
from resgrad.report.audit.figure import draw_audit
from resgrad.report.audit.page import to_markdown
from resgrad.shards.shards import Shards
from resgrad.study import Study
from stages.audit import audit
from tests.paths import PARAMS
from tests.unit.fake_runs import write_run
from tests.unit.leaf_shards import CLASSES, write_shards

MATRIX = {"datasets": ["mnist", "plantvillage"], "variants": ["plain", "residual"], "depths": [14, 8], "seeds": [0, 1]}
AUDIT = {"depth": 8, "width": 2, "epochs": 2, "seeds": [0, 1]}


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_shards(tmp_path / "data/shards/plantvillage")
    write_shards(tmp_path / "data/shards/mnist", leaves=False, shape=(1, 8, 8))
    for dataset in MATRIX["datasets"]:
        for cell in Matrix(**MATRIX).cells(dataset):
            write_run(tmp_path, cell, classes=CLASSES, accuracy=0.4 if cell.variant == "plain" else 0.9)
    YAML().dump({**MATRIX, "train": read(PARAMS)["train"], "audit": AUDIT}, tmp_path / "params.yaml")
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
    tables = {path.stem: pd.read_parquet(path) for path in (study / "data/audit/plantvillage").iterdir()}
    assert set(tables) == {"classifiers", "recall", "split_networks", "split_border_pixels"}
    means = tables["split_networks"].groupby("scheme")["correct"].mean()
    added = values["lower_is_better.test_accuracy_added_by_random_split.difference"]
    assert added == pytest.approx(means["random"] - means["leaf"], abs=1e-5)
    forests = tables["split_border_pixels"].groupby("scheme")["accuracy"].mean()
    border = values["lower_is_better.test_accuracy_without_a_leaf.border_pixels"]
    assert border == pytest.approx(forests["leaf"], abs=1e-5), "the split in use"
    recall = tables["recall"].groupby(["variant", "class"])["recall"].mean()
    lowest = values["higher_is_better.lowest_class_recall.plain"]
    assert lowest == pytest.approx(recall["plain"].min(), abs=1e-5)
    assert set(tables["recall"]["depth"]) == {14}, "the deepest, though it is not listed last"


def test_without_leaves_nothing_is_trained_and_the_page_says_so(study):
    audit("mnist")
    assert not any("random_split" in key for key in published(study, "mnist"))
    assert "Not applicable" in (study / "metrics/audit-mnist.md").read_text()
    assert not (study / "data/audit/mnist/split_networks.parquet").exists()
    assert not (study / ".checkpoints").exists()


def test_run_twice_it_writes_the_same_bytes(study):
    def run():
        audit("plantvillage")
        folders = [study / "metrics", study / "plots", study / "data/audit"]
        return {path: path.read_bytes() for folder in folders for path in folder.rglob("*.*")}

    first = run()
    assert len(first) == 7
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
        "plain": [0.0, 0.5],
        "residual": [0.25, 0.95],
    }
)
INFLATION = {
    "leaf": {"network": {"n": 2, "mean": 0.5, "sd": 0.1}, "border_pixels": {"n": 1, "mean": 0.3}, "leak": 0.0},
    "random": {"network": {"n": 2, "mean": 0.75, "sd": 0.01}, "border_pixels": {"n": 1, "mean": 0.4}},
    "over_seeds": {"n": 2, "mean": 0.25, "low": -0.01, "high": 0.51},
    "over_leaves": {"n": 30, "mean": 0.25, "low": 0.2, "high": 0.3},
}


@pytest.fixture
def classifiers(tmp_path):
    write_shards(tmp_path / "shards")
    return side_by_side(Shards(tmp_path / "shards"), MEASURES, [5])


def test_guess_border_and_networks_stand_side_by_side(classifiers):
    assert classifiers["classifier"].tolist() == [GUESS, BORDER, "plain-8", "residual-8", "residual-8"]
    guess = classifiers.iloc[0]
    # One class of three: recall 1, 0, 0; F1 of the guessed one 2 * (1/3) * 1 / (1/3 + 1) = 1/2.
    assert guess[["accuracy", "balanced_accuracy", "macro_f1"]].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 6])
    # The squares get lighter from class to class.
    assert classifiers["accuracy"][1] > 0.8
    assert classifiers[2:]["balanced_accuracy"].tolist() == [0.25, 0.5, 0.75]


def page(classifiers, inflation):
    summary = summarise(classifiers, CLASSES_TABLE, inflation)
    text = to_markdown("plantvillage", "embedded", split="leaf", depth=8, summary=summary, classes=CLASSES_TABLE)
    return text.split("\n\n")


def test_every_part_of_the_page_opens_with_its_statement(classifiers):
    title, data, _, seen, *_ = paragraphs = page(classifiers, INFLATION)
    assert title == "# plantvillage (embedded): what the accuracies are made of"
    assert "not plantvillage results" in data
    assert seen == (
        "The same small residual network has a test accuracy of 0.750 on the random split and of 0.500 on the leaf "
        "split, **a difference of +25.0 points** (95% intervals: -1.0 to +51.0 over 2 seeds, +20.0 to +30.0 over "
        "30 leaves or stretches of captures)."
    )
    headings = [place for place, text in enumerate(paragraphs) if text.startswith("## ")]
    backdrop, difficult = (paragraphs[place + 1] for place in headings[1:])
    assert "always guessing the most frequent one for 33.3%, the best networks (residual-8) for 80.0%." in backdrop
    assert difficult == (
        "The largest of 2 classes has 40 training images, the smallest 3. At depth 8, accuracy (micro average) and "
        "balanced accuracy (macro average of recall) are 0.500 and 0.250 (plain), 0.800 and 0.625 (residual). **Recall "
        "is lowest for rare (plain 0.000, residual 0.250; n = 2); frequent (plain 0.500, residual 0.950; n = 20).**"
    )


def test_tables_of_the_page_show_n_and_spread(classifiers):
    lines = "\n".join(page(classifiers, INFLATION)).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert ["leaf", "0.500 ± 0.100 (n=2)", "0.300 (n=1)", "0.0%"] in rows
    assert ["random", "0.750 ± 0.010 (n=2)", "0.400 (n=1)", "unknown"] in rows
    assert ["residual-8", "0.800 ± 0.141 (n=2)", "0.625 ± 0.177 (n=2)", "0.500 ± 0.141 (n=2)"] in rows
    assert ["rare", "3", "2", "0.000", "0.250"] in rows


def test_one_seed_has_no_interval(classifiers):
    alone = {**INFLATION, "over_seeds": {"n": 1, "mean": 0.25}}
    assert "none over 1 seeds, " in "\n".join(page(classifiers, alone))


def test_the_picture_has_a_bar_per_classifier_and_a_dot_per_class_and_variant(classifiers):
    splits = pd.DataFrame({"scheme": ["leaf", "random"], "seed": 0, "accuracy": [0.5, 0.75]})
    figure = draw_audit("a title", classifiers, splits, CLASSES_TABLE, 8)
    accuracy, recall = figure.axes
    assert figure.get_suptitle() == "a title"
    assert [bar.get_width() for bar in accuracy.patches][2:] == pytest.approx([0.5, 0.8, 0.5, 0.75])
    names = [label.get_text() for label in accuracy.get_yticklabels()]
    assert names[:4] == ["most frequent class", "border pixels", "plain-8", "residual-8"]
    assert [label.get_text() for label in recall.get_yticklabels()] == ["rare (2)", "frequent (20)"]
    dots = {line.get_label(): line.get_xdata().tolist() for line in recall.get_lines()}
    assert dots == {"plain": [0.0, 0.5], "residual": [0.25, 0.95]}
    assert len(draw_audit("", classifiers, None, CLASSES_TABLE, 8).axes[0].patches) == 4


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
