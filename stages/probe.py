"""Probe networks at their initial weights, without training: ``python -m stages.probe``."""

from pathlib import Path

import pandas as pd

from resgrad.common.config import load, read
from resgrad.common.files import replacing, write_json
from resgrad.gradients.growth import fitted_norms, growth_per_layer, mean_field_factor
from resgrad.gradients.verdicts import VerdictsConfig, judge, signals
from resgrad.probe.config import ProbeConfig
from resgrad.probe.grid import probe_grid
from resgrad.probe.recipes import PROBE
from resgrad.probe.shattering import autocorrelations, brown_and_white, gradient_sequences
from resgrad.probe.summary import at_middle_depth, majority, middle_depth, published, textbook
from resgrad.probe.table import TABLE
from resgrad.report.probe.depths import draw_depths, draw_layers
from resgrad.report.probe.growth import draw_growth
from resgrad.report.probe.page import to_markdown
from resgrad.report.probe.shattering import draw_shattering
from resgrad.report.probe.textbook import draw_textbook
from resgrad.report.style import save
from resgrad.training.devices import make_repeatable
from stages._run import run

PASS = [*PROBE, "seed"]
"""The columns that name one backward pass."""


def probe() -> None:
    """Read the parameters; write the table of all probed networks, its metrics, its page and its pictures."""
    parameters = read(Path("params.yaml"))
    config = load(ProbeConfig, parameters.get("probe"), "probe")
    thresholds = load(VerdictsConfig, parameters.get("verdicts"), "verdicts")
    make_repeatable(threads=1)

    frame = probe_grid(config)
    passes = signals(frame, PASS)
    verdicts = judge(passes, PASS, thresholds)
    networks = majority(verdicts)
    TABLE.write(Path("data/probe/gradients.parquet"), frame.merge(verdicts[[*PASS, "verdict"]], on=PASS, how="left"))
    with replacing(Path("plots/probe")) as folder:
        folder.mkdir()
        _draw_networks(folder, config, thresholds, passes, networks)
        _draw_growth(folder, config, passes)
        neighbours, noise = _draw_shattering(folder, config)
    write_json(Path("metrics/probe.json"), {"noise": published(passes, networks, neighbours, thresholds)})
    with replacing(Path("metrics/probe.md")) as partial:
        page = to_markdown(config, thresholds, signals=passes, networks=networks, neighbours=neighbours, noise=noise)
        partial.write_text(page, encoding="utf-8")


def _draw_networks(
    folder: Path, config: ProbeConfig, thresholds: VerdictsConfig, passes: pd.DataFrame, networks: pd.DataFrame
) -> None:
    """Draw each kind of network: verdicts depth by depth, and signals layer by layer at the middle depth."""
    for kind, depth in middle_depth(networks).items():
        rows = networks[networks["network"] == kind]
        at_depth = passes[(passes["network"] == kind) & (passes["depth"] == depth)]
        title = f"{kind}, depth {depth}: {_setting(config)}"
        save(draw_depths(f"{kind}: {_setting(config)}", rows), folder / f"depths-{kind}.png")
        save(draw_layers(title, at_depth, rows[rows["depth"] == depth], thresholds), folder / f"layers-{kind}.png")
        cases = textbook(at_depth)
        if len(cases):
            save(draw_textbook(title, cases, thresholds), folder / f"textbook-{kind}.png")


def _draw_growth(folder: Path, config: ProbeConfig, passes: pd.DataFrame) -> None:
    """Draw the growth per layer where theory has a number for it, at the middle depths."""
    cases = textbook(at_middle_depth(passes))
    cases = cases[cases["case"] == "relu_he_batch"]
    if len(cases):
        cases = cases.assign(network=cases["network"] + ", depth " + cases["depth"].astype(str))
        by = ["network", "variant"]
        growth = growth_per_layer(cases, by)
        title = f"ReLU, batch normalisation: {_setting(config)}"
        figure = draw_growth(title, fitted_norms(cases, growth, by), growth, mean_field_factor(config.batch_size))
        save(figure, folder / "growth.png")


def _draw_shattering(folder: Path, config: ProbeConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw how gradients at neighbouring inputs differ; return their correlations, and those of noise."""
    shattering, seed = config.shattering, config.seeds[0]
    sequences, noise = gradient_sequences(shattering, seed), brown_and_white(shattering, seed)
    by_depth, references = autocorrelations(sequences, ["variant", "depth"]), autocorrelations(noise, ["noise"])
    title = f"Gradients at neighbouring inputs: initial weights, n = {shattering.networks} networks each"
    save(draw_shattering(title, sequences, noise, by_depth, references), folder / "shattering.png")
    return by_depth[by_depth["lag"] == 1], references[references["lag"] == 1]


def _setting(config: ProbeConfig) -> str:
    return f"initial weights, noise images, n = {len(config.seeds)} seeds"


if __name__ == "__main__":
    run(probe)
