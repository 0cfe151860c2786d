"""What ``python -m stages`` takes from its environment."""

from types import SimpleNamespace

import pytest

from resgrad.download.changes import RECORDS, record
from stages.__main__ import main, positive, threads_of


@pytest.mark.parametrize(
    ("parameters", "threads"),
    [
        ({"train": {"threads": 2}}, 2),
        ({"train": {"threads": 0}}, 1),
        ({"train": {"threads": "many"}}, 1),
        ({"train": {}}, 1),
        ({"train": None}, 1),
        ({}, 1),
    ],
)
def test_a_mistake_in_the_parameters_is_left_to_the_check(parameters, threads):
    assert threads_of(parameters) == threads


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
