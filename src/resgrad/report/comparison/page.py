"""The study's closing table as Markdown: its rows with verdicts, and the evidence for them."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from resgrad.common.cells import VARIANTS
from resgrad.common.frames import records, typed_rows
from resgrad.common.intervals import COVERAGE
from resgrad.report.markdown import interval_text, spread_text, table_text
from resgrad.report.provenance import PROVENANCE
from resgrad.report.room import Room

ABOUT_ROWS = """\
Mean ± standard deviation over n seeds; ↑: higher is better, ↓: lower is better. A verdict follows from the one \
measure that its row shows: a sign-flip test of the pairs, its p corrected after Holm for {rows} rows, at {alpha:g}. \
n pairs cannot have a p below 2^(1-n), so that {needed} are needed to decide anything. Target: a validation accuracy \
of {target:g}; {reached} reach it, the others count with the whole budget."""

ABOUT_FINDINGS = """\
{rows} rows are not {rows} independent findings. At depth {depth} they amount to {findings:.1f}: the effective number \
of their correlations from seed to seed within a variant (Galwey 2009){most}."""

ABOUT_FILES = """\
Wall-clock times, which no machine repeats: [timing-{dataset}.md](timing-{dataset}.md). Every run's values: \
[runs.csv](comparison-{dataset}/runs.csv). A picture of every row: `plots/{dataset}/comparison`."""

ABOUT_TESTS = """\
Twins share seed, initial weights and batches, so a pair is a seed; in brackets {coverage} intervals. Effect: \
Hedges' g_z, mean over standard deviation of the differences, less its bias (the interval is of what it estimates). \
p: of all ways to choose the signs of the differences, twice the share whose mean lies as far out; no distribution is \
assumed. The intervals and the effect assume normal differences, and decide nothing."""

ABOUT_DEGRADATION = """\
Each variant against itself, within a seed: a positive difference is degradation (He et al. 2015). Intervals and p as \
above; these tests are corrected for their own number, {degradations}."""

ABOUT_MEASURES = """\
In brackets {coverage} t intervals of the mean difference, not corrected for their number: only the {rows} primary \
measures are tests."""


class _Row(NamedTuple):
    """The columns of the table ``rows`` that the page uses."""

    row: str
    title: str
    definition: str


class _Measure(NamedTuple):
    """A row of the table ``measures``."""

    row: str
    measure: str
    label: str
    form: str


def to_markdown(room: Room) -> str:
    """Write the page.

    Args:
        room: the tables of the comparison.
    """
    about, rows = room.about, room["rows"]
    words = {
        **about,
        "reached": _reached(room),
        "rows": len(rows),
        "needed": about["pairs_needed"],
        "coverage": f"{COVERAGE:.0%}",
        "degradations": len(room["degradation"]),
        "most": _closest(room),
    }
    paragraphs = [
        f"# {about['dataset']} ({about['provenance']}): plain against residual",
        PROVENANCE[about["provenance"]].format(**words),
        f"## The {len(rows)} rows, at depth {about['depth']}",
        _closing_table(room),
        ABOUT_ROWS.format(**words),
        ABOUT_FILES.format(**words),
        "## The tests behind the verdicts",
        _tests(room),
        ABOUT_TESTS.format(**words),
        "\n".join(f"* {line}" for line in _other_tests(room)),
        *([ABOUT_FINDINGS.format(**words)] if about["findings"] else []),
        *(_degradation(room, words) if len(room["degradation"]) else []),
        "## Every measure at every depth",
        _measures(room),
        ABOUT_MEASURES.format(**words),
        "## What is measured",
        *(f"**{row.title.capitalize()}.** {_unwrapped(row.definition)}" for row in typed_rows(rows, _Row)),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _closing_table(room: Room) -> str:
    lines = []
    for title, primary, values in _rows(room):
        cells = [_spread(values, variant, primary.form) for variant in VARIANTS]
        p = "" if math.isnan(values["p_holm"]) else f" ({_p(values['p_holm'], equals=True)})"
        lines.append([f"{title}: {primary.label}", *cells, f"**{values['verdict']}**{p}"])
    return table_text(["aspect", "without residual blocks", "with residual blocks", "verdict"], lines)


def _rows(room: Room) -> Iterator[tuple[str, _Measure, dict[str, Any]]]:
    """Yield the rows: title, primary measure, verdict with the evidence for it."""
    primary = {measure.row: measure for measure in typed_rows(room["measures"].drop_duplicates("row"), _Measure)}
    verdicts = {verdict["row"]: verdict for verdict in records(room["verdicts"])}
    for row in typed_rows(room["rows"], _Row):
        yield row.title, primary[row.row], verdicts[row.row]


def _reached(room: Room) -> str:
    """Write ``0 of 3 plain and 3 of 3 residual runs``."""
    table = room["by_depth"].set_index(["depth", "measure"])
    values = table.loc[(room.about["depth"], "reached_target")].fillna(0)
    counts = [
        f"{values[f'{variant}_mean'] * values[f'{variant}_n']:.0f} of {values[f'{variant}_n']:.0f} {variant}"
        for variant in VARIANTS
    ]
    return f"{' and '.join(counts)} runs"


def _tests(room: Room) -> str:
    lines = [
        [
            title,
            str(test["n"]),
            interval_text(test["difference"], test["low"], test["high"], _signed(primary.form)),
            interval_text(test["effect"], test["effect_low"], test["effect_high"], "+.2f"),
            *(_p(test[name]) for name in ("p", "p_holm")),
        ]
        for title, primary, test in _rows(room)
    ]
    return table_text(["aspect", "n", "residual - plain", "effect", "p", "p after Holm"], lines)


def _other_tests(room: Room) -> list[str]:
    about = room.about
    log_rank = about.get("log_rank_p", math.nan)
    p = _p(log_rank, equals=True) or "undefined"
    floor = ", the smallest that so few runs can have" if log_rank <= 1.01 * about["log_rank_floor"] else ""
    lines = [f"Steps to target, log-rank test over permuted runs, not paired: {p}{floor}."]
    unit = about.get("images_unit")
    if unit is not None:
        ends = (about.get(f"images_{name}", math.nan) for name in ("difference", "low", "high"))
        units = {"leaves": "leaves or stretches of captures"}.get(unit, unit)
        resampled = f"over {about['images_units']} resampled {units}"
        lines.append(f"Test accuracy, residual - plain, {resampled}: {interval_text(*ends, form='+.3f')}.")
        seeds = ", ".join(f"{row.log10_p:.1f} (seed {row.seed})" for row in room["mcnemar"].itertuples())
        caution = (
            " It takes photographs of one leaf as independent, so these are too small." if unit == "leaves" else ""
        )
        lines.append(f"Test accuracy, McNemar's exact test of each seed's twins, log10 p: {seeds or 'none'}.{caution}")
    return lines


def _closest(room: Room) -> str:
    """Name the two most correlated rows."""
    table = room["correlations"].dropna(subset="correlation")
    if table.empty:
        return ""
    closest = records(table.sort_values("correlation", key=abs))[-1]
    titles = room["rows"].set_index("row")["title"]
    pair = f"{titles[closest['row']]} and {titles[closest['other']]}"
    return f"; closest are {pair}, at a correlation of {closest['correlation']:+.2f}"


def _degradation(room: Room, words: dict[str, Any]) -> list[str]:
    table = records(room["degradation"])
    lines = [
        [
            row["variant"],
            f"{row['error']} error",
            str(row["n"]),
            interval_text(row["difference"], row["low"], row["high"], "+.3f"),
            *(_p(row[name]) for name in ("p", "p_holm")),
            f"**{row['verdict']}**",
        ]
        for row in table
    ]
    difference = f"depth {table[0]['depth']} - depth {table[0]['shallowest']}"
    return [
        "## Does depth make a network worse?",
        table_text(["variant", "of", "n", difference, "p", "p after Holm", "verdict"], lines),
        ABOUT_DEGRADATION.format(**words),
    ]


def _measures(room: Room) -> str:
    by_depth = records(room["by_depth"])
    lines = [
        [
            str(values["depth"]),
            measure.label,
            *(_spread(values, variant, measure.form) for variant in VARIANTS),
            interval_text(values["difference"], values["low"], values["high"], _signed(measure.form)),
        ]
        for measure in typed_rows(room["measures"], _Measure)
        for values in by_depth
        if values["measure"] == measure.measure
    ]
    return table_text(["depth", "measure", *VARIANTS, "residual - plain"], lines)


def _spread(values: dict[str, Any], variant: str, form: str) -> str:
    return spread_text(*(values[f"{variant}_{name}"] for name in ("n", "mean", "sd")), form=form)


def _p(value: float, *, equals: bool = False) -> str:
    """Write ``0.012`` or ``< 0.001``, or ``p = 0.012``; nothing for NaN."""
    if math.isnan(value):
        return ""
    if value < 0.001:
        return "p < 0.001" if equals else "< 0.001"
    return f"p = {value:.3f}" if equals else f"{value:.3f}"


def _signed(form: str) -> str:
    return f"+{form.lstrip('+')}"


def _unwrapped(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))
