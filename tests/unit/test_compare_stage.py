"""The stage that compares the variants, and the report on it: which runs, images and seeds each table is of."""

import math
import shutil

import numpy as np
import pandas as pd
import pytest

from resgrad.report.comparison import pictures
from resgrad.report.comparison.first_convolution import gradients_by_step
from resgrad.report.room import Room
from stages.compare import compare_variants
from stages.report import write_report
from tests.unit.fake_runs import write_shards
from tests.unit.fake_tolerance import write_tolerance
from tests.unit.finished_study import CELLS, PARAMETERS
from tests.unit.flat_metrics import metrics


def test_the_tables_and_pictures_of_gradients_are_of_the_deepest_twins_and_the_first_seed(study):
    (study / "params.yaml").write_text((PARAMETERS % "true").replace("[0, 1]", "[1, 0]"))
    compare_variants("mnist")
    room = Room(study / "data/comparison/mnist")
    assert room.data == "mnist (embedded data)"
    table = room["snapshots"]
    assert set(table[["depth", "seed"]].apply(tuple, axis=1)) == {(14, 1)}
    snapshots = gradients_by_step(table)
    assert list(snapshots) == ["plain", "residual"]
    assert list(snapshots["plain"]) == [0, 20, 40]
    assert np.isfinite(snapshots["plain"][20]).all()
    assert np.isnan(snapshots["plain"][40]).all()  # plain-14-1 is the one that diverged, at step 25
    shares = room["distributions"]
    assert set(shares["depth"]) == {14}
    assert shares.groupby(["variant", "step"])["nonfinite"].max().loc["plain", 30] == 0.5
    titles = {name: figure.get_suptitle() for name, figure in pictures(room)}
    assert titles["first_convolution"] == "mnist (embedded data): gradient of the first layer, depth 14, seed 1"
    assert "mnist (embedded data)" in titles["gradient_distribution"]
    assert "depth 14, n = 2 seeds pooled" in titles["gradient_distribution"]


def test_the_comparison_is_of_all_runs_and_of_leaves_where_images_have_them(study):
    shutil.rmtree(study / "data/shards")
    write_shards(study, "mnist", images_per_leaf=6)
    compare_variants("mnist")
    write_report("comparison", "mnist")
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
    assert "too few seeds to decide (needs n >= 8)" in text
    runs = pd.read_csv(study / "metrics/comparison-mnist/runs.csv")
    assert len(runs) == len(CELLS)
    assert runs.groupby("variant")["test_accuracy"].max().to_dict() == {"plain": 0.5, "residual": 0.9}


def test_the_tolerance_to_the_learning_rate_has_seeds_of_its_own(study):
    shutil.rmtree(study / "data/tolerance")
    write_tolerance(study, "mnist", depth=14, seeds=[0, 5, 7], target=0.4)
    compare_variants("mnist")
    write_report("comparison", "mnist")
    text = (study / "metrics/comparison-mnist.md").read_text()
    (row,) = (line for line in text.splitlines() if line.startswith("| training stability: "))
    # Of four classes, at 0.01, 0.1 and 1: plain (0.3 + 2 x 0.4 + 0.25) / 4, residual with 0.25 where it diverged.
    assert "0.338 ± 0.000 (n=3)" in row
    assert "0.733 ± 0.018 (n=3)" in row  # (0.8 + 2 x (0.9 + 0.01 x seed) + 0.25) / 4
    (accuracy,) = (line for line in text.splitlines() if line.startswith("| performance: "))
    assert accuracy.count("(n=2)") == 2
    figures = dict(pictures(Room(study / "data/comparison/mnist")))
    assert "n = 2 seeds" in figures["comparison"].get_suptitle()
    by_rate = pd.read_csv(study / "metrics/comparison-mnist/accuracy_by_rate.csv")
    assert by_rate["rate"].tolist() == [0.01, 0.1, 1.0] * 2
