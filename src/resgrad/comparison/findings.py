"""How many findings the rows of the closing table amount to: rows that always move together say one thing twice."""

from itertools import combinations

import numpy as np
import pandas as pd

from resgrad.comparison.rows import rows


def correlations(measures: pd.DataFrame) -> pd.DataFrame:
    """Correlate the primary measures of the rows over runs of the greatest depth.

    Pearson's correlation after subtracting the variant's mean from each measure. It shows whether rows vary together
    from seed to seed, not whether both separate plain from residual.

    Args:
        measures: measures of the runs, from :func:`~resgrad.comparison.rows.measure_rows`.

    Returns:
        a row per pair of rows: row, other, n (runs at which both have a value), correlation (NaN where one of the two
        is the same at all seeds of a variant, or both have values at fewer than three runs).
    """
    deepest = measures[measures["depth"] == measures["depth"].max()]
    primaries = pd.DataFrame({name: deepest[row.primary.name].astype(float) for name, row in rows().items()})
    within = primaries - primaries.groupby(deepest["variant"]).transform("mean")
    # The residuals of equal values are rounding errors.
    within = within.where(within.abs() > 1e-9 * primaries.abs().max(), 0.0).where(within.notna())
    return pd.DataFrame(
        [{"row": a, "other": b, **_correlate(within[a], within[b])} for a, b in combinations(within, 2)]
    )


def effective_number(table: pd.DataFrame) -> float:
    """Return the effective number of rows, with correlated rows counted as less than one each (Galwey 2009).

    M = (sum sqrt(l))^2 / sum l, with the eigenvalues l of the rows' correlation matrix. Negative eigenvalues, which
    incomplete tables may have, count as 0. Rows without any correlation, because they are the same at all seeds, are
    left out.

    Args:
        table: from :func:`correlations`.
    """
    defined = table.dropna(subset="correlation")
    names = sorted({*defined["row"], *defined["other"]})
    matrix = pd.DataFrame(np.eye(len(names)), names, names)
    for row, other, correlation in defined[["row", "other", "correlation"]].itertuples(index=False):
        matrix.loc[row, other] = matrix.loc[other, row] = correlation
    if not names:
        return 0.0
    eigenvalues = np.linalg.eigvalsh(matrix.to_numpy()).clip(min=0)
    return float(np.sqrt(eigenvalues).sum() ** 2 / eigenvalues.sum())


def _correlate(one: pd.Series, other: pd.Series) -> dict[str, float]:
    both = pd.concat([one, other], axis="columns").dropna().to_numpy()
    varied = len(both) >= 3 and bool((both.std(axis=0) > 0).all())
    return {"n": len(both), "correlation": float(np.corrcoef(both.T)[0, 1]) if varied else np.nan}
