"""The tables that the probe writes."""

import pyarrow as pa

from resgrad.common.columns import DEPTH, POSITION, VARIANT
from resgrad.common.tables import Column, Table

RECIPE_COLUMNS = (
    Column("network", pa.string(), "kind of network, as model.network"),
    Column("activation", pa.string(), "as model.activation"),
    Column("initialization", pa.string(), "as model.initialization"),
    Column("gain", pa.float64(), "as model.gain"),
    Column("normalization", pa.string(), "as model.normalization"),
)
RECIPE_LABEL = Column("recipe", pa.string(), "all of these in short, less the kind of network")
CASE = Column("case", pa.string(), "name of a recipe that theory has a word on; null for others")
SEED = Column("seed", pa.int64(), "root seed of weights, images and labels")

NETWORKS = Table(
    "networks",
    "a probed network",
    (
        *RECIPE_COLUMNS,
        RECIPE_LABEL,
        DEPTH,
        VARIANT,
        Column("verdict", pa.string(), "vanishing, healthy or exploding: that of most of the seeds"),
        Column("n", pa.int64(), "seeds"),
        Column("agreeing", pa.int64(), "seeds with that verdict"),
    ),
)

OUTCOMES = Table(
    "outcomes",
    "a recipe in plain or residual networks",
    (
        *RECIPE_COLUMNS,
        RECIPE_LABEL,
        VARIANT,
        Column("depth", pa.int64(), "smallest probed depth that is not healthy; the greatest probed where all are"),
        Column("verdict", pa.string(), "there"),
    ),
)

STEADINESS = Table(
    "steadiness",
    "a kind of network",
    (
        RECIPE_COLUMNS[0],
        Column("share", pa.float64(), "of the networks whose verdict stays when either threshold moves by a decade"),
    ),
)

SIGNALS = Table(
    "signals",
    "a weight layer of a probed network with a seed, at the middle depth of its kind",
    (
        *RECIPE_COLUMNS,
        RECIPE_LABEL,
        CASE,
        DEPTH,
        VARIANT,
        SEED,
        POSITION,
        Column("log10_signal", pa.float64(), "log10 of the relative gradient per unit of error at the output"),
    ),
)

_N = Column("n", pa.int64(), "seeds")
_GROWTH = (
    _N,
    Column("log10_per_layer", pa.float64(), "growth of the gradient's norm per layer towards the input, mean", "log10"),
    Column("low", pa.float64(), "lower end of its 95 % interval over seeds", "log10"),
    Column("high", pa.float64(), "upper end of it", "log10"),
    Column("factor", pa.float64(), "the same as a factor"),
    Column("factor_low", pa.float64(), "lower end of its interval"),
    Column("factor_high", pa.float64(), "upper end of it"),
)

GROWTH = Table(
    "growth",
    "a recipe that theory has a word on, at the middle depth, in plain or residual networks",
    (*RECIPE_COLUMNS, RECIPE_LABEL, CASE, DEPTH, VARIANT, *_GROWTH),
)

THIRDS = Table(
    "thirds",
    "a third of the hidden layers of ReLU networks with batch normalisation at the middle depth",
    (RECIPE_COLUMNS[0], DEPTH, VARIANT, Column("third", pa.int64(), "from 1 at the input"), *_GROWTH),
)

FITTED = Table(
    "fitted",
    "a weight layer of ReLU networks with batch normalisation at the middle depth, means over seeds",
    (
        RECIPE_COLUMNS[0],
        DEPTH,
        VARIANT,
        POSITION,
        Column("numel", pa.int64(), "elements of the layer's weights"),
        Column("log10_norm", pa.float64(), "log10 of the L2 norm of the weights' gradient"),
        Column("fitted", pa.float64(), "the line through the layers of its shape; NaN at the first and the last layer"),
    ),
)

_RATIO = "log10 of the gradient's L2 norm at the first hidden {} over that at the last one; NaN where both are 0"


def _interval(name: str, meaning: str, unit: str = "") -> tuple[Column, ...]:
    """Return the columns of a mean over seeds and its interval."""
    return (
        Column(name, pa.float64(), meaning, unit),
        Column(f"{name}_low", pa.float64(), "lower end of its 95 % interval over seeds", unit),
        Column(f"{name}_high", pa.float64(), "upper end of it", unit),
    )


_LAW = (
    Column("depths", pa.int64(), "depths that were fitted: those at which all ratios are finite, four or more"),
    Column("shallowest", pa.int64(), "smallest of them"),
    Column("deepest", pa.int64(), "greatest of them"),
    Column("low_ratio", pa.float64(), "log10 of the ratio at the smallest depth, mean over seeds", "log10"),
    Column("high_ratio", pa.float64(), "the same at the greatest depth", "log10"),
    _N,
    *_interval("log10_rate", "slope of log10 of the ratio over depth, mean over seeds", "log10 per layer"),
    Column("exponential_r2", pa.float64(), "share of the variance of the means over seeds that this line explains"),
    *_interval("exponent", "slope of log10 of the ratio over log10 of depth, mean over seeds"),
    Column("power_r2", pa.float64(), "share of the variance of the means over seeds that this line explains"),
    Column(
        "law",
        pa.string(),
        "exponential or power, whichever explains more, at least 95 %; level where the ratio changes by less than half "
        "a power of ten between depths; neither",
    ),
)

RATIOS = Table(
    "ratios",
    "a probed network of the grids with a seed",
    (
        *RECIPE_COLUMNS,
        RECIPE_LABEL,
        DEPTH,
        VARIANT,
        SEED,
        Column("log10_ratio", pa.float64(), _RATIO.format("weight layer") + " or not finite"),
    ),
)

LAWS = Table(
    "laws",
    "a recipe in plain or residual networks: how that ratio grows with depth",
    (*RECIPE_COLUMNS, RECIPE_LABEL, VARIANT, *_LAW),
)

_SHORTCUT = (
    RECIPE_COLUMNS[0],
    Column("shortcut", pa.string(), "as model.shortcut; none in plain networks"),
    Column(
        "measure",
        pa.string(),
        "whose gradients are compared: weights, those of the hidden weight layers; blocks, with respect to what the "
        "blocks put out",
    ),
)

SHORTCUTS = Table(
    "shortcuts",
    "a network with a shortcut, or a plain one, with a seed: ReLU, batch normalisation, he",
    (*_SHORTCUT, DEPTH, SEED, Column("log10_ratio", pa.float64(), _RATIO.format("weight layer, or block,"))),
)

SHORTCUT_LAWS = Table(
    "shortcut_laws", "a shortcut in a kind of network: how that ratio grows with depth", (*_SHORTCUT, *_LAW)
)

_COSINE = "cosine between the features of two inputs that enter the layer, mean over pairs"
_EFFECTIVE_RANK = "effective rank of the features that enter the layer (inputs x features)"

FEATURES = Table(
    "features",
    "a weight layer of a probed network with a seed, at the middle depth of its kind; NaN where features are 0",
    (
        *RECIPE_COLUMNS,
        RECIPE_LABEL,
        DEPTH,
        VARIANT,
        SEED,
        POSITION,
        Column("cosine", pa.float64(), _COSINE),
        Column("effective_rank", pa.float64(), _EFFECTIVE_RANK),
    ),
)

GEOMETRY = Table(
    "geometry",
    "a recipe at the middle depth, plain or residual: the growth of the gradient beside what enters the last layer",
    (
        *RECIPE_COLUMNS,
        RECIPE_LABEL,
        DEPTH,
        VARIANT,
        *_GROWTH,
        *_interval("cosine", f"{_COSINE} and seeds"),
        *_interval("effective_rank", f"{_EFFECTIVE_RANK}, mean over seeds"),
    ),
)

_SAMPLE = (
    Column("sample", pa.int64(), "which network or sequence, from 0"),
    Column("input", pa.float64(), "the number at which the network is differentiated"),
)
_CORRELATION = (
    Column("lag", pa.int64(), "inputs apart"),
    Column("n", pa.int64(), "sequences"),
    Column("mean", pa.float64(), "autocorrelation, mean over sequences"),
    Column("low", pa.float64(), "lower end of its 95 % interval"),
    Column("high", pa.float64(), "upper end of it"),
)
_NOISE = Column("noise", pa.string(), "white or brown")

SEQUENCES = Table(
    "sequences",
    "an input of a network that maps one number to one number",
    (VARIANT, DEPTH, *_SAMPLE, Column("value", pa.float64(), "dy/dx there")),
)
NOISE = Table("noise", "a value of simulated noise", (_NOISE, *_SAMPLE, Column("value", pa.float64(), "of the noise")))
AUTOCORRELATIONS = Table("autocorrelations", "a lag of the sequences of a depth", (VARIANT, DEPTH, *_CORRELATION))
NOISE_AUTOCORRELATIONS = Table("noise_autocorrelations", "a lag of simulated noise", (_NOISE, *_CORRELATION))
