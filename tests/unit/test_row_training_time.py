import math
from types import SimpleNamespace

import pandas as pd
import pytest

from resgrad.common.cells import Cell
from resgrad.comparison.rows import training_time


def test_a_step_has_its_cost_and_operations_are_those_of_all_images_up_to_the_target():
    costs = {"plain": (8000, 2048), "residual": (9000, 3072)}
    runs = [
        SimpleNamespace(cell=Cell("mnist", variant, 8, 0), flops_per_image=flops, activation_bytes_per_image=kept)
        for variant, (flops, kept) in costs.items()
    ]
    times = pd.DataFrame({"variant": ["residual", "plain"], "depth": 8, "seed": 0, "epochs_to_target": [2.5, 3]})
    evidence = SimpleNamespace(runs=runs, times=times, training_images=250)
    table = training_time.measure(evidence).set_index("variant")
    assert (10 ** table["flops_per_image_log10"]).to_dict() == pytest.approx({"plain": 8000, "residual": 9000})
    assert table["activation_kib_per_image"].to_dict() == {"plain": 2, "residual": 3}
    operations = {"plain": math.log10(3 * 250 * 8000), "residual": math.log10(2.5 * 250 * 9000)}
    assert table["flops_to_target_log10"].to_dict() == pytest.approx(operations)


def test_the_primary_measure_is_no_copy_of_training_efficiency():
    """Steps to target decide the row of efficiency; the product of the two is published here, and decides nothing."""
    assert training_time.ROW.primary.name == "flops_per_image_log10"
    assert [measure.name for measure in training_time.ROW.measures if measure.published] == ["flops_to_target_log10"]
