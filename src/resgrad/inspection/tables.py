"""The tables that the inspection of a dataset's trained networks writes."""

import pyarrow as pa

from resgrad.common.columns import DEPTH, LAYER, POSITION, RUN, VARIANT, band, spread
from resgrad.common.tables import Column, Table

BLOCK = Column("block", pa.int64(), "place of the block, from 1, in the order in which the network was built")
CHANGES_SHAPE = Column("changes_shape", pa.bool_(), "whether the block's output has another shape than its input")
SWAPS = Column("swaps", pa.int64(), "pairs of blocks of equal shape that traded places, one pair after the other")

RESPONSES = Table(
    "responses",
    "a weight layer of a run, the head left out",
    (*RUN, LAYER, POSITION, Column("response_std", pa.float64(), "standard deviation of the layer's response")),
)

PATHS = Table(
    "paths",
    "a length of path through the blocks of a run",
    (
        *RUN,
        Column("blocks", pa.int64(), "of the network"),
        Column("length", pa.int64(), "of the path: blocks whose branch it takes"),
        Column("frequency", pa.float64(), "share of all paths that have this length"),
        Column("gain", pa.float64(), "L2 norm of the gradient at the image along one path, mean over the drawn ones"),
        Column("gain_sd", pa.float64(), "its standard deviation over them"),
        Column("contribution", pa.float64(), "frequency x gain, as a share of its sum over lengths"),
        Column("gain_of_all_paths", pa.float64(), "L2 norm of the whole gradient at the image"),
    ),
)

LESIONS = Table(
    "lesions",
    "a block of a run, left out. Errors are shares of validation images, never of test images, that are misclassified",
    (
        *RUN,
        BLOCK,
        CHANGES_SHAPE,
        Column("error", pa.float64(), "without the block; NaN where a plain block changes the shape"),
        Column("whole_error", pa.float64(), "of the whole network"),
    ),
)

REORDERINGS = Table(
    "reorderings",
    "a number of swaps in a random reordering of a run's blocks. Errors are those of validation images, as in lesions",
    (
        *RUN,
        SWAPS,
        Column("reordering", pa.int64(), "number of the sequence of swaps, from 1; more swaps go on where fewer end"),
        Column("kendall_tau", pa.float64(), "rank correlation of the new order of all blocks with their own"),
        Column("error", pa.float64(), "after the swaps"),
        Column("whole_error", pa.float64(), "of the network in its own order"),
    ),
)

SURFACE = Table(
    "loss_surface",
    "a point of the plane through the trained weights of the deepest twins, first seed",
    (
        *RUN,
        Column("x", pa.float64(), "along the first direction", "norms of the filters"),
        Column("y", pa.float64(), "along the second direction", "norms of the filters"),
        Column("loss", pa.float64(), "mean cross-entropy of the batch", "nats"),
    ),
)

RESPONSES_BY_PLACE = Table(
    "responses_by_place",
    "a place among the layers of a variant and depth",
    (
        VARIANT,
        DEPTH,
        Column("order", pa.string(), "network (as the layers come) or descending (sorted within each run)"),
        Column("place", pa.int64(), "in that order, from 1"),
        *band("response_std", "standard deviation of the layer's response"),
    ),
)

PATHS_BY_LENGTH = Table(
    "paths_by_length",
    "a length of path in the networks of a variant and depth",
    (
        VARIANT,
        DEPTH,
        Column("length", pa.int64(), "of the path: blocks whose branch it takes"),
        *band("blocks", "blocks of the network"),
        *band("frequency", "share of all paths that have this length"),
        *band("contribution", "frequency x gain, as a share of its sum over lengths"),
        *band("log10_gain", "log10 of the gradient's L2 norm at the image along one path"),
        *band("log10_gain_of_all_paths", "log10 of the whole gradient's"),
    ),
)

LESIONS_BY_BLOCK = Table(
    "lesions_by_block",
    "a block of the networks of a variant and depth, left out. Errors are those of validation images, as in lesions",
    (
        VARIANT,
        DEPTH,
        BLOCK,
        CHANGES_SHAPE,
        *band("error", "error without the block"),
        *band("whole_error", "error of the whole network"),
    ),
)

REORDERINGS_BY_SWAPS = Table(
    "reorderings_by_swaps",
    "a number of swaps in the networks of a variant and depth. Errors are those of validation images, as in lesions",
    (
        VARIANT,
        DEPTH,
        SWAPS,
        *band("kendall_tau", "rank correlation of the new orders with the network's own, mean over reorderings"),
        *band("error", "error after the swaps, mean over reorderings"),
        *band("whole_error", "error of the network in its own order"),
    ),
)

SUMMARY = Table(
    "summary",
    "a measure of the networks of a variant and depth",
    (
        DEPTH,
        VARIANT,
        Column("measure", pa.string(), "see resgrad.inspection.summary and resgrad.inspection.lesion_summary"),
        *spread("the measure over seeds"),
    ),
)
