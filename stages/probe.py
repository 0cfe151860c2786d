"""Probe networks at their initial weights, without training: ``python -m stages.probe``."""

from functools import partial
from pathlib import Path

from resgrad.common.config import load, read
from resgrad.common.files import write_json
from resgrad.common.kernels import chosen
from resgrad.common.tables import write_room
from resgrad.gradients.verdicts import VerdictsConfig, judge, signals
from resgrad.probe import room, tables
from resgrad.probe.config import ProbeConfig
from resgrad.probe.features import of_middle_depth, probe_features
from resgrad.probe.grid import probe_network
from resgrad.probe.processes import processes
from resgrad.probe.recipes import PROBE, probes
from resgrad.probe.shattering import autocorrelations, brown_and_white, gradient_sequences
from resgrad.probe.shortcuts import probe_shortcut, shortcut_metrics, shortcut_probes
from resgrad.probe.summary import majority, probe_metrics
from resgrad.probe.table import TABLE
from resgrad.training.devices import make_repeatable
from stages._run import run

PASS = [*PROBE, "seed"]
"""The columns that identify one backward pass."""


def probe() -> None:
    """Read the parameters; write the table of all probed networks, the probe's metrics and the tables of its room."""
    parameters = read(Path("params.yaml"))
    config = load(ProbeConfig, parameters.get("probe"), "probe")
    thresholds = load(VerdictsConfig, parameters.get("verdicts"), "verdicts")
    kernels = chosen(parameters)
    make_repeatable(threads=1, kernels=kernels)

    grid = probes(config)
    with processes(kernels) as for_each:
        frame = for_each(partial(probe_network, config), grid)
        features = for_each(partial(probe_features, config), of_middle_depth(grid))
        shortcuts = for_each(partial(probe_shortcut, config), shortcut_probes(config.shortcuts))
    passes = signals(frame, PASS)
    verdicts = judge(passes, PASS, thresholds)
    networks = majority(verdicts)
    sequences, noise = (draw(config.shattering, config.seeds[0]) for draw in (gradient_sequences, brown_and_white))
    correlations = autocorrelations(sequences, ["variant", "depth"])
    neighbours = correlations[correlations["lag"] == 1]

    of_networks = room.network_tables(passes, networks, thresholds)

    numbers = probe_metrics(passes, networks, of_networks[tables.LAWS], neighbours, thresholds)
    write_json(Path("metrics/probe.json"), {"noise": {**numbers, **shortcut_metrics(shortcuts)}})
    write_room(
        Path("data/probe"),
        {
            TABLE: frame.merge(verdicts[[*PASS, "verdict"]], on=PASS, how="left"),
            **of_networks,
            **room.feature_tables(features, passes),
            **room.shortcut_tables(shortcuts),
            tables.SEQUENCES: sequences,
            tables.NOISE: noise,
            tables.AUTOCORRELATIONS: correlations,
            tables.NOISE_AUTOCORRELATIONS: autocorrelations(noise, ["noise"]),
        },
        room.about(config, thresholds, len(networks)),
    )


if __name__ == "__main__":
    run(probe)
