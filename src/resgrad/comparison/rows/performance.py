"""Results on the test images, after the last step: nothing is selected on them.

Macro F1 and ROC-AUC (one class against the rest) are plain means over classes; the loss is the mean cross-entropy in
nats. A diverged run guesses: its accuracy is 1 / classes by definition; its loss and ROC-AUC are undefined. Beside the
test over seeds stand two over test images. One is an interval from resampled leaves (stretches of captures where leaves
are not known), not images, since photographs of one leaf are no independent witnesses (Field and Welsh 2007). The other
is McNemar's exact test (1947), seed by seed and never pooled, since seeds share their test images; it does take images
as independent. What it cannot see: images from elsewhere than the test split, and an accuracy that comes from leaves
seen in training, from the backdrop or from frequent classes, which the audit looks for. Primary: test accuracy.
"""

import pandas as pd

from resgrad.comparison.row import Evidence, Measure, Panel, Row
from resgrad.results.runs import RUN

MEASURES = (
    Measure("test_accuracy", "test accuracy", "higher"),
    Measure("test_macro_f1", "test macro F1", "higher"),
    Measure("test_roc_auc", "test ROC-AUC", "higher"),
    Measure("test_loss", "test loss (nats)", "lower"),
)


def measure(evidence: Evidence) -> pd.DataFrame:
    """Select the results of the runs that are compared.

    Returns:
        a row per run: variant, depth, seed and :data:`MEASURES`; NaN where undefined.
    """
    renamed = evidence.results.rename(columns=lambda name: name.replace("test.", "test_"))
    return renamed.reindex(columns=[*RUN, *(measure.name for measure in MEASURES)])


_PANELS = (
    Panel("by_depth", column="test_accuracy", title="Accuracy: higher is better", label="test accuracy"),
    Panel("by_depth", column="test_macro_f1", title="Macro F1: higher is better", label="test macro F1"),
    Panel("by_depth", column="test_roc_auc", title="ROC-AUC: higher is better", label="test ROC-AUC (1/2: guessing)"),
    Panel(
        "by_depth",
        column="test_loss",
        title="Loss: lower is better",
        label="test cross-entropy (nats)",
        scale="from zero",
    ),
)

ROW = Row(
    place=2,
    title="performance",
    measures=MEASURES,
    measure=measure,
    definition=__doc__,
    overview=_PANELS[0],
    heading="Performance",
    panels=_PANELS,
    figure="performance",
    key="dots: runs · lines: means over seeds · hollow: diverged, counted as guessing",
    width=3.8,
)
