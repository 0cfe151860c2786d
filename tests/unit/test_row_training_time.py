import math
from types import SimpleNamespace

import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.comparison.rows import training_time


def test_operations_are_those_of_all_images_up_to_the_target():
    runs = [
        SimpleNamespace(cell=Cell("mnist", variant, 8, 0), flops_per_image=8000) for variant in ("plain", "residual")
    ]
    times = pd.DataFrame({"variant": ["residual", "plain"], "depth": 8, "seed": 0, "epochs_to_target": [4, 3]})
    evidence = SimpleNamespace(runs=runs, times=times, training_images=250)
    table = training_time.measure(evidence).set_index("variant")
    assert table["flops_per_image_log10"].tolist() == pytest.approx([math.log10(8000)] * 2)
    operations = {"plain": math.log10(3 * 250 * 8000), "residual": math.log10(4 * 250 * 8000)}
    assert table["flops_to_target_log10"].to_dict() == pytest.approx(operations)


def test_the_primary_measure_is_operations_to_target():
    assert training_time.ROW.primary.name == "flops_to_target_log10"
    assert training_time.ROW.primary.better == "lower"
