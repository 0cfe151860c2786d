"""The whole stage on a tiny grid, and the report on it."""

import json
import math

import pandas as pd
import pytest
from ruamel.yaml import YAML

from resgrad.gradients.verdicts import VERDICTS
from resgrad.report.probe import CSV
from stages.probe import probe
from stages.report import write_report
from tests.unit.probe_configs import probe_values

TABLES = {*CSV, "features", "gradients", "noise", "sequences", "signals"}
GRIDS = [{"depths": [4, 7]}, {"network": "cifar_resnet", "width": 2, "depths": [8], "normalizations": ["layer"]}]


def write_parameters(folder, *grids):
    values = {"probe": probe_values(*grids), "verdicts": {"vanishing_log10": -4.0, "exploding_log10": 2.0}}
    YAML().dump(values, folder / "params.yaml")


def results(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.*"))
        if path.is_file() and path.name != "params.yaml"
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which the stage has run in one process."""
    folder = tmp_path_factory.mktemp("probe")
    write_parameters(folder, *GRIDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("os.cpu_count", lambda: 1)
        probe()
        write_report("probe", None)
    return folder


def test_any_number_of_processes_writes_the_same_bytes(finished, tmp_path, monkeypatch):
    write_parameters(tmp_path, *GRIDS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    probe()
    write_report("probe", None)
    first, second = results(finished), results(tmp_path)
    assert list(first) == [
        "data/probe/about.json",
        *(f"data/probe/{table}.parquet" for table in sorted(TABLES)),
        *(f"metrics/probe/{table}.csv" for table in sorted(CSV)),
        "metrics/probe.json",
        "metrics/probe.md",
        "plots/probe/depths-cifar_resnet.png",
        "plots/probe/depths-fully_connected.png",
        "plots/probe/features-cifar_resnet.png",
        "plots/probe/features-fully_connected.png",
        "plots/probe/geometry.png",
        "plots/probe/growth.png",
        "plots/probe/laws.png",
        "plots/probe/layers-cifar_resnet.png",
        "plots/probe/layers-fully_connected.png",
        "plots/probe/shattering.png",
        "plots/probe/shortcuts.png",
        "plots/probe/textbook-cifar_resnet.png",
        "plots/probe/textbook-fully_connected.png",
    ]
    assert [name for name in first if first[name] != second[name]] == []


def test_every_network_of_the_grid_is_in_the_table_with_a_verdict(finished):
    table = pd.read_parquet(finished / "data/probe/gradients.parquet")
    names = ["network", "normalization", "depth", "variant", "seed"]
    networks = table[names].drop_duplicates()
    assert len(networks) == len(table[[*names, "verdict"]].drop_duplicates()) == 2 * 2 * 2 * 2 + 2 * 2
    assert set(table["verdict"]) <= set(VERDICTS)


def test_metrics_say_they_are_of_noise_and_hold_finite_numbers_alone(finished):
    metrics = json.loads((finished / "metrics/probe.json").read_text())
    assert list(metrics) == ["noise"]
    assert set(metrics["noise"]) == {"cifar_resnet", "first_to_last_log10", "fully_connected", "neighbour_correlation"}

    def leaves(node):
        return [leaf for child in node.values() for leaf in leaves(child)] if isinstance(node, dict) else [node]

    numbers = leaves(metrics)
    assert all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
    assert len(numbers) <= 40, "a handful, for a reviewer"


def rows(page):
    lines = [line for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_says_how_every_recipe_fares_and_how_alike_neighbouring_gradients_are(finished):
    page = rows((finished / "metrics/probe.md").read_text())
    named = [row[0] for row in page]
    assert named[2:4] == ["relu, he", "relu, he, batch"]
    assert named.count("fully_connected") == 2 + 2 + 2, "growth and geometry of both recipes, thirds of both variants"
    two, four = page[-2:]
    # One hidden layer: the gradient is one step in the middle of 16 inputs, so that -1 of 14 products is negative.
    assert two == ["2", "+0.81 [+0.81, +0.81]", "+0.81 [+0.81, +0.81]"]
    assert four[0] == "4"
    assert four[1] != two[1]


def test_a_grid_without_textbook_cases_has_fewer_pictures(tmp_path, monkeypatch):
    write_parameters(tmp_path, {"activations": ["elu"], "depths": [4]})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    probe()
    write_report("probe", None)
    assert sorted(path.name for path in (tmp_path / "plots/probe").iterdir()) == [
        "depths-fully_connected.png",
        "features-fully_connected.png",
        "geometry.png",
        "layers-fully_connected.png",
        "shattering.png",
        "shortcuts.png",
    ]
