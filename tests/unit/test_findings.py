import numpy as np
import pandas as pd
import pytest

from resgrad.comparison.findings import correlations, effective_number
from resgrad.comparison.rows import rows
from tests.unit.fake_measures import measures, twins

NOISE = np.random.default_rng(0).normal(size=(4, 8))
PRIMARY = {name: row.primary.name for name, row in rows().items()}


def table(plain, residual):
    return measures(twins(56, *({PRIMARY[name]: x for name, x in of.items()} for of in (plain, residual))))


def correlation(table, one, other):
    row = table[(table["row"] == one) & (table["other"] == other)]
    return row["correlation"].item()


def test_rows_move_together_within_a_variant_and_not_because_both_tell_the_variants_apart():
    a, b, c, d = NOISE
    found = correlations(
        table(
            {"efficiency": a, "performance": b, "depth": -b},
            {"efficiency": c + 100, "performance": d + 100, "depth": -d - 100},
        )
    )
    assert correlation(found, "performance", "depth") == pytest.approx(-1)
    pooled = [np.concatenate([x - x.mean(), y - y.mean()]) for x, y in ((a, c), (b, d))]
    assert correlation(found, "efficiency", "performance") == pytest.approx(np.corrcoef(pooled)[0, 1])
    assert set(found["n"]) == {16}


def test_a_row_that_is_the_same_at_all_seeds_moves_with_none():
    found = correlations(table({"performance": NOISE[0]}, {"performance": NOISE[1]}))
    assert found["correlation"].isna().all()
    assert len(found) == len(PRIMARY) * (len(PRIMARY) - 1) / 2
    assert effective_number(found) == 0


def pair(correlation):
    return pd.DataFrame({"row": ["a"], "other": ["b"], "n": [16], "correlation": [correlation]})


def test_the_number_of_findings_worked_out_by_hand():
    assert effective_number(pair(0.0)) == pytest.approx(2)
    assert effective_number(pair(1.0)) == pytest.approx(1)
    assert effective_number(pair(-1.0)) == pytest.approx(1)
    # Eigenvalues 1.5 and 0.5: (sqrt 1.5 + sqrt 0.5)^2 / 2 = 1 + sqrt 0.75.
    assert effective_number(pair(0.5)) == pytest.approx(1 + np.sqrt(0.75))
