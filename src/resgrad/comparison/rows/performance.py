"""Results on the test images, after the last step: nothing is selected on them.

Macro F1 and ROC-AUC (one class against the rest) are plain means over classes; the loss is the mean cross-entropy in
nats. A diverged run guesses: its accuracy is 1 / classes by definition; loss and ROC-AUC it has none. Beside the test
over seeds stand two over test images. One is an interval from resampled leaves (stretches of captures where leaves are
not known), not images, since photographs of one leaf are no independent witnesses (Field and Welsh 2007). The other is
McNemar's exact test (1947), seed by seed and never pooled, since seeds share their test images; it does take images as
independent. Primary: test accuracy.
"""

import pandas as pd

from resgrad.comparison.rows.row import Measure, Row
from resgrad.results.runs import RUN

ROW = Row(
    "performance",
    "performance",
    (
        Measure("test_accuracy", "test accuracy", "higher"),
        Measure("test_macro_f1", "test macro F1", "higher"),
        Measure("test_roc_auc", "test ROC-AUC", "higher"),
        Measure("test_loss", "test loss (nats)", "lower"),
    ),
    __doc__,
)


def measure(results: pd.DataFrame) -> pd.DataFrame:
    """Pick what is compared of the runs' results.

    Args:
        results: from :func:`~resgrad.results.metrics.measure_runs`.

    Returns:
        a row per run: variant, depth, seed, test_accuracy, test_macro_f1, test_roc_auc, test_loss; NaN where undefined.
    """
    renamed = results.rename(columns=lambda name: name.replace("test.", "test_"))
    return renamed.reindex(columns=[*RUN, *(measure.name for measure in ROW.measures)])
