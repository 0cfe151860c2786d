import math
from types import SimpleNamespace

import pandas as pd

from resgrad.comparison.rows import performance

RESULTS = pd.DataFrame(
    [("plain", 8, 0, 0.5, 0.25, 1.5, 0.9), ("residual", 8, 0, 0.75, 0.5, math.nan, 0.1)],
    columns=["variant", "depth", "seed", "test.accuracy", "test.macro_f1", "test.loss", "validation.accuracy"],
)


def test_results_are_those_on_the_test_images_and_what_is_undefined_stays_so():
    table = performance.measure(SimpleNamespace(results=RESULTS))
    assert table.columns.tolist()[3:] == [measure.name for measure in performance.MEASURES]
    assert table["test_accuracy"].tolist() == [0.5, 0.75]
    assert table["test_macro_f1"].tolist() == [0.25, 0.5]
    assert table["test_loss"].isna().tolist() == [False, True]
    assert table["test_roc_auc"].isna().all()


def test_the_primary_measure_is_test_accuracy():
    assert performance.ROW.primary.name == "test_accuracy"
    assert performance.ROW.primary.better == "higher"
