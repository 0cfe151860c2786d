"""Every stage that computes with torch makes it repeatable first, as its parameters say."""

import json

import pytest
from ruamel.yaml import YAML

from resgrad.common.cells import Cell
from resgrad.tolerance.config import Point
from stages import audit, inspect, probe, rate, train
from tests.paths import PARAMS, ROOT

RUN = {
    train: lambda: train.train(Cell("mnist", "plain", 8, 0)),
    rate: lambda: rate.train_at_rate("mnist", Point("plain", 0.1, 0)),
    audit: lambda: audit.audit("mnist"),
    inspect: lambda: inspect.inspect_runs("mnist"),
    probe: probe.probe,
}


class ReachedError(Exception):
    """Torch was to be made repeatable."""


@pytest.mark.parametrize("kernels", ["portable", "native"])
@pytest.mark.parametrize("stage", RUN, ids=lambda stage: stage.__name__)
def test_torch_is_made_repeatable_before_anything_is_computed(stage, kernels, tmp_path, monkeypatch):
    parameters = YAML(typ="safe").load(PARAMS)
    parameters["train"] |= {"threads": 3, "kernels": kernels}
    YAML(typ="safe").dump(parameters, tmp_path / "params.yaml")
    resolved = {"data": {"mnist": parameters["data"]["mnist"]}, "tolerance": {"depth": 8, "epochs": {"mnist": 2}}}
    (tmp_path / "data").mkdir()
    (tmp_path / "data/params.json").write_text(json.dumps(resolved))
    monkeypatch.chdir(tmp_path)

    def reached(threads, kernels):
        raise ReachedError(threads, kernels)

    monkeypatch.setattr(stage, "make_repeatable", reached)
    with pytest.raises(ReachedError) as called:
        RUN[stage]()
    assert called.value.args == (1 if stage is probe else 3, kernels)


def test_no_stage_that_uses_a_device_is_missing():
    sources = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "stages").glob("[a-z]*.py")}
    using = {name for name, text in sources.items() if "choose_device" in text or "make_repeatable" in text}
    assert using - {"check"} == {stage.__name__.rpartition(".")[2] for stage in RUN}
