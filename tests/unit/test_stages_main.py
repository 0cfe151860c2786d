"""What ``python -m stages`` takes from its environment."""

import json
from types import SimpleNamespace

import pytest

from resgrad.download.changes import RECORDS, record
from stages.__main__ import main, positive


@pytest.mark.parametrize(
    ("train", "threads", "device"),
    [
        ({"threads": 2, "device": "cpu"}, 2, "cpu"),
        ({"threads": 0, "device": 7}, 1, "7"),
        ({"threads": "many"}, 1, "None"),
        ({}, 1, "None"),
        (None, 1, "None"),
        (3, 1, "None"),
    ],
)
def test_a_mistake_in_the_parameters_is_left_to_the_check(run_main, train, threads, device):
    assert run_main({"train": train}) == {"jobs": None, "threads": threads, "devices": [device]}


@pytest.mark.parametrize(
    ("train", "portable"),
    [
        ({"kernels": "portable", "compile": False}, True),
        ({"kernels": "native", "compile": False}, False),
        ({"kernels": "portable", "compile": True}, False),
        ({}, True),
    ],
)
def test_machines_must_be_alike_unless_all_compute_the_same_bytes(run_main, train, portable):
    assert run_main({"train": train}, scheduler="tcp://host:8786") == {
        "scheduler": "tcp://host:8786",
        "portable": portable,
    }


@pytest.fixture
def run_main(tmp_path, monkeypatch):
    """Return a function that runs main with these parameters, and returns what it asks to be run with."""

    def run(parameters, scheduler=None):
        asked = []
        (tmp_path / "params.yaml").write_text(json.dumps(parameters))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("stages.__main__.Pipeline", lambda _targets: SimpleNamespace(changed=lambda: {"check"}))
        for name in ("repro", "repro_on_machines"):
            monkeypatch.setattr(f"resgrad.parallel.repro.{name}", lambda *_, **how: asked.append(how))
        monkeypatch.setattr("stages.__main__.accelerators", lambda device: [device])
        main([], jobs=None, scheduler=scheduler)
        (how,) = asked
        return how

    return run


def test_a_source_that_changed_is_named_though_dvc_finds_nothing_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    record(tmp_path / "mine", RECORDS)
    (tmp_path / "mine/1.jpg").write_text("new")
    (tmp_path / "params.yaml").write_text(f"datasets: [mine]\ndata: {{mine: {{source: '{tmp_path}/mine'}}}}\n")
    monkeypatch.setattr("stages.__main__.Pipeline", lambda _targets: SimpleNamespace(changed=list))
    main([], jobs=None, scheduler=None)
    printed = capsys.readouterr()
    assert printed.out == "Data and pipelines are up to date.\n"
    assert "1 file added (such as 1.jpg); `dvc repro -f download@mine` brings it in again." in printed.err


def test_jobs_are_a_number_from_one():
    assert positive("3") == 3
    for text in ("0", "-1", "two"):
        with pytest.raises(ValueError, match=text):
            positive(text)
