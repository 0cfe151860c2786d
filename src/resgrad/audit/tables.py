"""The tables that the audit of a dataset writes."""

import pyarrow as pa

from resgrad.common.columns import RUN, VARIANT, spread
from resgrad.common.tables import Column, Table

SCHEME = Column("scheme", pa.string(), "leaf (the photographs of a leaf kept together) or random")
SEED = Column("seed", pa.int64(), "root seed of the network or forest")
CLASSIFIER = Column("classifier", pa.string(), "most_frequent_class, border_pixels, or networks such as plain-20")
_AVERAGES = (
    Column("accuracy", pa.float64(), "on the test images; the micro average"),
    Column("balanced_accuracy", pa.float64(), "macro average of recall over the classes"),
    Column("macro_f1", pa.float64(), "macro average of F1"),
)

CLASSIFIERS = Table("classifiers", "a classifier with a seed, on the split in use", (CLASSIFIER, SEED, *_AVERAGES))

AVERAGES = Table(
    "averages",
    "an average of a classifier over seeds",
    (CLASSIFIER, Column("average", pa.string(), "accuracy, balanced_accuracy or macro_f1"), *spread("it over seeds")),
)

RECALL = Table(
    "recall",
    "a class in a run of the greatest depth",
    (
        *RUN,
        Column("class", pa.string(), "its name"),
        Column("recall", pa.float64(), "share of its test images that are recognised"),
    ),
)

CLASSES = Table(
    "classes",
    "a class and a variant at the greatest depth, the worst class first",
    (
        Column("class", pa.string(), "its name"),
        *(Column(split, pa.int64(), f"its images for {split}") for split in ("train", "validation", "test")),
        VARIANT,
        Column("recall", pa.float64(), "share of its test images that are recognised, mean over seeds"),
    ),
)

SPLIT_NETWORKS = Table(
    "split_networks",
    "a test image and a small network trained on that split",
    (
        SCHEME,
        SEED,
        Column("id", pa.string(), "of the image"),
        Column("group", pa.string(), "its leaf or stretch of captures"),
        Column("correct", pa.float64(), "1 if it is recognised, else 0; 1 / classes for a diverged network"),
    ),
)

SPLIT_BORDERS = Table(
    "split_border_pixels",
    "a forest that sees eight border pixels, on a split",
    (SCHEME, CLASSIFIER, SEED, *_AVERAGES),
)

SPLIT_ACCURACIES = Table(
    "split_accuracies", "a small network on a split", (SCHEME, SEED, Column("accuracy", pa.float64(), "on its test"))
)

SPLIT_AVERAGES = Table(
    "split_averages",
    "a classifier on a split, over seeds",
    (
        SCHEME,
        Column("classifier", pa.string(), "network (the small residual one) or border_pixels"),
        *spread("its test accuracy over seeds"),
        Column("leak", pa.float64(), "share of the test images whose leaf is in training too; NaN where unknown"),
    ),
)

INFLATION = Table(
    "inflation",
    "a source of uncertainty of the accuracy that a random split adds",
    (
        Column("over", pa.string(), "seeds (other trainings) or leaves (other test images)"),
        Column("n", pa.int64(), "of them"),
        Column("mean", pa.float64(), "accuracy on the random split less that on the leaf split"),
        Column("low", pa.float64(), "lower end of its 95 % interval"),
        Column("high", pa.float64(), "upper end of it"),
    ),
)
