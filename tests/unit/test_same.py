"""A repository with two stages, one of which measures times, and what a second run changes in it."""

import subprocess

import pytest
from ruamel.yaml import YAML

from handbook import same
from handbook.same import differences, times
from tests.paths import ROOT


def entry(path, md5):
    return {"path": path, "hash": "md5", "md5": md5, "size": 3}


def lock():
    return {
        "train@a": {
            "cmd": "python -m stages.train a",
            "deps": [entry("stages/train.py", "1")],
            "params": {"params.yaml": {"train.batch_size": 32}},
            "outs": [entry("data/runs/a", "2"), entry("data/times/a.json", "3")],
        },
        "timing": {"cmd": "timing", "deps": [entry("data/times", "4")], "outs": [entry("data/timing", "5")]},
        "report@timing": {
            "cmd": "report timing",
            "deps": [entry("data/timing", "5"), entry("src/resgrad/report", "6")],
            "outs": [entry("metrics/timing.md", "7"), entry("plots/timing", "8")],
        },
    }


class Repository:
    def __init__(self, folder):
        self.folder = folder
        self.stages = lock()
        self.write("metrics/timing.md", "3 s")
        self.write("metrics/a.json", "1")
        self.write("plots/timing/times.png", "picture")
        self.write("a file.txt", "1")
        self.lock()
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "first")

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def lock(self):
        YAML(typ="safe").dump({"schema": "2.0", "stages": self.stages}, self.folder / "dvc.lock")


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def test_nothing_differs_right_after_the_commit(repository):
    assert differences(repository.folder) == ([], [])


def test_other_times_differ_as_times(repository):
    repository.write("metrics/timing.md", "4 s")
    repository.write("plots/timing/times.png", "another")
    repository.write("plots/timing/more.png", "another")
    for stage in repository.stages.values():
        for kind in ("deps", "outs"):
            for file in stage[kind]:
                if file["path"].endswith(("times", "timing", "timing.md", "times/a.json")):
                    file |= {"md5": "another", "size": 4}
    repository.lock()
    files = ["metrics/timing.md", "plots/timing/more.png", "plots/timing/times.png"]
    assert differences(repository.folder) == (files, [])


@pytest.mark.parametrize("name", ["metrics/a.json", "a file.txt", "metrics/new.json", "metrics/timing.md.txt"])
def test_another_file_differs(repository, name):
    repository.write(name, "2")
    assert differences(repository.folder) == ([], [name])


def test_a_file_that_is_gone_or_staged_differs(repository):
    (repository.folder / "metrics/a.json").unlink()
    repository.write("a file.txt", "2")
    repository.git("add", "--all")
    assert differences(repository.folder) == ([], ["a file.txt", "metrics/a.json"])


def change_out(stages):
    stages["train@a"]["outs"][0]["md5"] = "another"


def change_code(stages):
    stages["report@timing"]["deps"][1]["md5"] = "another"


def change_parameter(stages):
    stages["train@a"]["params"]["params.yaml"]["train.batch_size"] = 33


def change_command(stages):
    stages["timing"]["cmd"] = "timing2"


def add_stage(stages):
    stages["train@b"] = stages["train@a"]


def drop_stage(stages):
    del stages["train@a"]


def add_out(stages):
    stages["train@a"]["outs"].append(entry("data/gradients/a", "9"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_out, "train@a, data/runs/a"),
        (change_code, "report@timing, src/resgrad/report"),
        (change_parameter, "train@a, params"),
        (change_command, "timing, cmd"),
        (add_stage, "train@b, new"),
        (drop_stage, "train@a, gone"),
        (add_out, "train@a, data/gradients/a"),
    ],
)
def test_another_entry_of_the_lock_differs(repository, change, expected):
    change(repository.stages)
    repository.lock()
    assert differences(repository.folder) == ([], [f"dvc.lock: {expected}"])


def test_the_command_lists_them_and_fails(repository, monkeypatch, capsys):
    monkeypatch.setattr(same, "ROOT", repository.folder)
    same.main()
    assert capsys.readouterr().out == "Nothing differs from the last commit but times (0 files).\n"
    repository.write("metrics/a.json", "2")
    with pytest.raises(SystemExit, match=r"^Other than times, 1 entries differ from the last commit\.$") as error:
        same.main()
    assert isinstance(error.value.code, str)  # which Python prints before exiting with 1
    assert capsys.readouterr().out == "metrics/a.json\n"


def test_in_this_pipeline_what_holds_times_says_so_in_its_name():
    stages = YAML(typ="safe").load(ROOT / "dvc.lock")["stages"]
    holds_times = times(stages)
    outs = {out["path"] for stage in stages.values() for out in stage["outs"]}
    measured = {out for out in outs if holds_times(out)}
    assert measured == {out for out in outs if "timing" in out or out.startswith("data/times/")}
    assert measured
