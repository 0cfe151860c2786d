"""What must run after a change, and what runs first."""

import networkx as nx
import pytest
from distributed.scheduler import KilledWorker

from resgrad.parallel.schedule import gate, sentence, to_run
from resgrad.parallel.worker import StageError

PIPELINE = nx.DiGraph(
    [
        *(("shards", "check"), ("train-0", "shards"), ("train-1", "shards"), ("compare", "train-0")),
        *(("compare", "train-1"), ("report", "compare"), ("probe", "check")),
    ]
)
"""Edges lead from a stage to one that it depends on."""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ([], set()),
        (["report"], {"report"}),
        (["train-1"], {"train-1", "compare", "report"}),
        (["compare", "probe"], {"compare", "report", "probe"}),
        (["check"], set(PIPELINE)),
    ],
)
def test_what_has_changed_is_run_with_all_that_depends_on_it(changed, expected):
    assert to_run(PIPELINE, changed) == expected


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        (set(), None),
        (set(PIPELINE), "check"),
        ({"train-1", "compare", "report"}, "train-1"),
        ({"report"}, "report"),
        ({"train-0", "train-1", "compare", "report"}, None),
        ({"compare", "report", "probe"}, None),
    ],
)
def test_a_gate_is_what_all_others_wait_for(stages, expected):
    assert gate(PIPELINE, stages) == expected


def test_a_failure_is_told_in_a_sentence():
    assert sentence(StageError("train", "The disk is full.")) == "The disk is full."
    killed = sentence(KilledWorker("train", None, 3))
    assert killed.startswith("4 workers died while they ran it")
    assert "JOBS=1" in killed
    assert sentence(ValueError("odd")) == "ValueError: odd"
