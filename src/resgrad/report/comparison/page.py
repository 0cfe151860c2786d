"""The study's closing table as Markdown: six rows with verdicts, and all that they rest on."""

import math

import pandas as pd

from resgrad.common.cells import VARIANTS
from resgrad.common.intervals import COVERAGE
from resgrad.comparison.comparison import Comparison
from resgrad.comparison.config import ComparisonConfig
from resgrad.comparison.rows import ROWS
from resgrad.comparison.rows.row import Measure
from resgrad.comparison.significance import WILCOXON_FROM
from resgrad.report.markdown import interval_text, spread_text, table_text
from resgrad.report.provenance import PROVENANCE

ABOUT_ROWS = """\
Mean ± standard deviation over n seeds; ↑: higher is better, ↓: lower is better. A verdict follows from the one \
measure that its row shows: a paired t-test over seeds, its p corrected after Holm for the six rows, at {alpha:g}; \
fewer than {minimum} pairs are not enough. Target: a validation accuracy of {target:g}; {reached} \
reach it, the others count with the whole budget."""

ABOUT_FILES = """\
Wall-clock times, which no machine repeats: [timing-{dataset}.md](timing-{dataset}.md). Every run's values: \
[comparison-{dataset}.csv](comparison-{dataset}.csv). A picture of every row: `plots/{dataset}/rows`."""

ABOUT_TESTS = """\
Twins share seed, initial weights and batches, so a pair is a seed; in brackets {coverage} intervals. Effect: \
Hedges' g_z, mean over standard deviation of the differences, less its bias (the interval is of what it estimates). \
p: paired t-test; where all differences \
are equal, the sign test. Wilcoxon's test takes {wilcoxon} pairs: with fewer it cannot reach 0.05."""

ABOUT_MEASURES = """\
In brackets {coverage} t intervals of the mean difference, not corrected for their number: only the six rows are \
tests."""


def to_markdown(comparison: Comparison, config: ComparisonConfig, *, dataset: str, provenance: str) -> str:
    """Write a comparison for people.

    Args:
        comparison: all of it.
        config: the target and thresholds it was made with.
        dataset: its name.
        provenance: embedded, official or custom.
    """
    words = {
        "dataset": dataset,
        "target": config.target_accuracy[dataset],
        "reached": _reached(comparison),
        "alpha": config.alpha,
        "minimum": config.minimum_pairs,
        "coverage": f"{COVERAGE:.0%}",
        "wilcoxon": WILCOXON_FROM,
    }
    paragraphs = [
        f"# {dataset} ({provenance}): plain against residual",
        PROVENANCE[provenance].format(**words),
        f"## The six rows, at depth {comparison.depth}",
        _closing_table(comparison),
        ABOUT_ROWS.format(**words),
        ABOUT_FILES.format(**words),
        "## The tests behind the verdicts",
        _tests(comparison),
        ABOUT_TESTS.format(**words),
        "\n".join(f"* {line}" for line in _other_tests(comparison)),
        "## Every measure at every depth",
        _measures(comparison),
        ABOUT_MEASURES.format(**words),
        "## What is measured",
        *(f"**{row.title.capitalize()}.** {_unwrapped(row.definition)}" for row in ROWS),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _closing_table(comparison: Comparison) -> str:
    rows = []
    for row in ROWS:
        values = comparison.verdicts.loc[row.name]
        p = "" if math.isnan(values["p_holm"]) else f" ({_p(values['p_holm'], equals=True)})"
        cells = [_spread(values, variant, row.primary) for variant in VARIANTS]
        rows.append([f"{row.title}: {row.primary.label}", *cells, f"**{values['verdict']}**{p}"])
    return table_text(["aspect", "without residual blocks", "with residual blocks", "verdict"], rows)


def _reached(comparison: Comparison) -> str:
    """Write ``0 of 3 plain and 3 of 3 residual runs``."""
    values = comparison.table.loc[(comparison.depth, "reached_target")].fillna(0)
    counts = [
        f"{values[f'{variant}_mean'] * values[f'{variant}_n']:.0f} of {values[f'{variant}_n']:.0f} {variant}"
        for variant in VARIANTS
    ]
    return f"{' and '.join(counts)} runs"


def _tests(comparison: Comparison) -> str:
    rows = []
    for row in ROWS:
        test = comparison.verdicts.loc[row.name]
        rows.append(
            [
                row.title,
                str(test["n"]),
                interval_text(test["difference"], test["low"], test["high"], _signed(row.primary)),
                interval_text(test["effect"], test["effect_low"], test["effect_high"], "+.2f"),
                *(_p(test[name]) for name in ("p", "p_holm", "wilcoxon_p")),
            ]
        )
    return table_text(["aspect", "n", "residual - plain", "effect", "p", "p after Holm", "p of Wilcoxon"], rows)


def _other_tests(comparison: Comparison) -> list[str]:
    p = _p(comparison.log_rank_p, equals=True) or "undefined"
    lines = [f"Steps to target, log-rank test over permuted runs, not paired: {p}."]
    images = comparison.images
    if images is not None:
        interval = interval_text(images.difference, images.low, images.high, "+.3f")
        units = {"leaves": "leaves or stretches of captures"}.get(images.unit, images.unit)
        lines.append(f"Test accuracy, residual - plain, over {images.units} resampled {units}: {interval}.")
        seeds = ", ".join(f"{log10:.1f} (seed {seed})" for seed, log10 in images.mcnemar_log10_p.items())
        caution = (
            " It takes photographs of one leaf as independent, so these are too small."
            if images.unit == "leaves"
            else ""
        )
        lines.append(f"Test accuracy, McNemar's exact test of each seed's twins, log10 p: {seeds or 'none'}.{caution}")
    return lines


def _measures(comparison: Comparison) -> str:
    rows = [
        [
            str(depth),
            measure.label,
            *(_spread(values, variant, measure) for variant in VARIANTS),
            interval_text(values["difference"], values["low"], values["high"], _signed(measure)),
        ]
        for row in ROWS
        for measure in row.measures
        for depth, values in comparison.table.xs(measure.name, level="measure").iterrows()
    ]
    return table_text(["depth", "measure", *VARIANTS, "residual - plain"], rows)


def _spread(values: pd.Series, variant: str, measure: Measure) -> str:
    return spread_text(*(values[f"{variant}_{name}"] for name in ("n", "mean", "sd")), form=measure.form)


def _p(value: float, *, equals: bool = False) -> str:
    """Write ``0.012`` or ``< 0.001``, or ``p = 0.012``; nothing for NaN."""
    if math.isnan(value):
        return ""
    if value < 0.001:
        return "p < 0.001" if equals else "< 0.001"
    return f"p = {value:.3f}" if equals else f"{value:.3f}"


def _signed(measure: Measure) -> str:
    return f"+{measure.form.lstrip('+')}"


def _unwrapped(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))
