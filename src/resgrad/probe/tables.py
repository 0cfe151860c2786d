"""The tables of the room, and how they are put together from the probed networks."""

from typing import Any

import pandas as pd
import pyarrow as pa

from resgrad.common.columns import DEPTH, POSITION, VARIANT
from resgrad.common.tables import Column, Table
from resgrad.gradients.growth import MEAN_FIELD_LIMIT, fitted_norms, growth_per_layer, mean_field_factor
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.probe.config import ProbeConfig
from resgrad.probe.recipes import recipe_label
from resgrad.probe.summary import at_middle_depth, outcomes, steadiness, textbook, textbook_growth

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

GROWTH = Table(
    "growth",
    "a recipe that theory has a word on, at the middle depth, in plain or residual networks",
    (
        *RECIPE_COLUMNS,
        RECIPE_LABEL,
        CASE,
        DEPTH,
        VARIANT,
        Column("n", pa.int64(), "seeds"),
        Column(
            "log10_per_layer", pa.float64(), "growth of the gradient's norm per layer towards the input, mean", "log10"
        ),
        Column("low", pa.float64(), "lower end of its 95 % interval over seeds", "log10"),
        Column("high", pa.float64(), "upper end of it", "log10"),
        Column("factor", pa.float64(), "the same as a factor"),
        Column("factor_low", pa.float64(), "lower end of its interval"),
        Column("factor_high", pa.float64(), "upper end of it"),
    ),
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


def network_tables(
    passes: pd.DataFrame, networks: pd.DataFrame, thresholds: VerdictsConfig
) -> dict[Table, pd.DataFrame]:
    """Put together what the room says of gradients from layer to layer.

    Args:
        passes: from :func:`~resgrad.gradients.verdicts.signals`, of all networks and seeds.
        networks: from :func:`~resgrad.probe.summary.majority`.
        thresholds: those of the verdicts.
    """
    middle = at_middle_depth(passes)
    cases = textbook(middle)
    batch_norm = cases[cases["case"] == "relu_he_batch"]
    by = ["network", "depth", "variant"]
    fitted = fitted_norms(batch_norm, growth_per_layer(batch_norm, by), by)
    steady = steadiness(passes, thresholds).rename("share").rename_axis("network").reset_index()
    case = cases["case"].reindex(middle.index)
    columns = [column.name for column in SIGNALS.columns if column not in (RECIPE_LABEL, CASE)]
    return {
        NETWORKS: _labelled(networks),
        OUTCOMES: _labelled(outcomes(networks)),
        STEADINESS: steady,
        SIGNALS: _labelled(middle[columns].assign(case=case)),
        GROWTH: _labelled(textbook_growth(passes)),
        FITTED: fitted,
    }


def about(config: ProbeConfig, thresholds: VerdictsConfig, networks: int) -> dict[str, Any]:
    """Say what the room's tables are about, in single numbers."""
    return {
        **thresholds.model_dump(),
        "batch_size": config.batch_size,
        "mean_field_factor": mean_field_factor(config.batch_size),
        "mean_field_limit": MEAN_FIELD_LIMIT,
        "networks": networks,
        "seeds": len(config.seeds),
        "shattering_networks": config.shattering.networks,
    }


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    keys = ("normalization", "activation", "initialization", "gain")
    labels = [recipe_label(*recipe) for recipe in zip(*(frame[key] for key in keys), strict=True)]
    return frame.assign(recipe=labels)
