"""``python -m stages`` runs stages in parallel where possible, and a failure stops no more than necessary."""

import os
import re
import signal
import threading
from itertools import takewhile

import psutil
import pytest

from resgrad.parallel.pipeline import BusyError, Pipeline
from tests.pipeline.toy import Toy
from tests.processes import wait_until_gone

pytestmark = pytest.mark.pipeline

MEETS_THE_OTHER = """
touch here-$1
for _ in $(seq 3000); do test -f here-1 -a -f here-2 && break; sleep 0.1; done
test -f here-1 -a -f here-2 || exit 1
echo Cell $1 has met.
"""
FAILS_AT_TWO = 'test $1 = 1 || { echo "Cell $1 is bad; mend it." >&2; exit 1; }'
MD5_OF_1 = "b026324c6904b2a9cb4b88d6d61c81d1"  # with the line's end
HANGS = "echo $$ > pid-$1; exec sleep 600"


@pytest.fixture
def toy(tmp_path):
    return lambda cell: Toy(tmp_path / "toy", cell)


def ended(output: str) -> list[str]:
    """List the stages that have ended according to the output."""
    return re.findall(r"^\[ *\d+/\d+\] (\S+?)(?: |,|$)", output, flags=re.M)


def test_what_depends_on_nothing_else_runs_at_once_and_then_there_is_nothing_to_do(toy):
    toy = toy(MEETS_THE_OTHER)
    output = toy.run()
    assert sorted(ended(output)) == sorted(["check", "cell@1", "cell@2", "one", "all"])
    assert toy.read("all") == "1\n2\n"
    assert set(re.findall(r"^cell@\d: .*$", output, flags=re.M)) == {
        "cell@1: Cell 1 has met.",
        "cell@2: Cell 2 has met.",
    }
    assert re.findall(r"^  (\S+):$", toy.read("dvc.lock"), flags=re.M) == ["check", "cell@1", "cell@2", "one", "all"]
    assert toy.run() == "Data and pipelines are up to date.\n"


def test_after_a_stage_whose_outputs_stay_the_same_nothing_runs(toy):
    toy = toy("")
    toy.run()
    (toy.folder / "params.yaml").write_text("train: {threads: 1} # The same.\n", encoding="utf-8")
    assert ended(toy.run()) == ["check"]


def test_after_going_back_to_the_dvc_lock_of_another_run_nothing_runs(toy):
    """Its hashes of what holds a time are those of other files, which are nowhere."""
    toy = toy("")
    toy.run()
    lock = toy.folder / "dvc.lock"
    ours = lock.read_text(encoding="utf-8")
    lock.write_text(ours.replace(MD5_OF_1, "f" * 32), encoding="utf-8")
    (toy.folder / "out/1").unlink()
    output = toy.run()
    assert "cell@1 from the run-cache" in output
    assert sorted(toy.read("begun").split()) == ["1", "2"]
    assert toy.read("all") == "1\n2\n"
    assert lock.read_text(encoding="utf-8") == ours


def test_a_failing_stage_stops_what_depends_on_it_and_is_named_at_the_end(toy):
    toy = toy(FAILS_AT_TWO)
    output = toy.run(status=1)
    assert output.endswith("\ncell@2 failed: Cell 2 is bad; mend it.\n")
    assert re.search(r"^\[\d/5\] all not run, since cell@2 failed", output, flags=re.M)
    assert toy.read("one") == "1\n"
    assert not (toy.folder / "all").exists()
    toy.cell("")
    assert sorted(ended(toy.run())) == ["all", "cell@2"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_ends_its_stages_and_the_next_one_goes_on(toy, how):
    toy = toy(f"test $1 = 1 || {{ {HANGS}; }}")
    process = toy.start("--jobs", "1")
    stage = int(toy.wait_for("pid-2"))
    process.send_signal(how)
    wait_until_gone(stage)
    output, _ = process.communicate(timeout=300)
    if how is not signal.SIGKILL:
        assert process.returncode == 1
        assert output.endswith("Interrupted; run the same command again to go on.\n")
        assert "Traceback" not in output
    toy.cell("")
    output = toy.run()
    assert toy.read("all") == "1\n2\n"
    assert toy.read("begun") == "1\n2\n2\n", "a cell that had ended ran again"


@pytest.mark.filterwarnings("ignore:_NoneStep.value")  # from pygtrie, used by DVC
def test_a_second_run_waits_a_while_and_then_names_the_first_one(toy, monkeypatch):
    toy = toy(f"test $1 = 1 || {{ {HANGS}; }}")
    process = toy.start("--jobs", "1")
    toy.wait_for("pid-2")
    monkeypatch.chdir(toy.folder)
    second = Pipeline()
    monkeypatch.setattr("resgrad.parallel.pipeline._PATIENCE_SECONDS", 0.5)
    said = r"^Another run is at work in this workspace \(process \d+, .*\); wait for it to end, or end it, and run"
    with pytest.raises(BusyError, match=said):
        second.changed()
    threading.Timer(0.5, process.terminate).start()
    monkeypatch.setattr("resgrad.parallel.pipeline._PATIENCE_SECONDS", 300)
    assert "cell@2" in second.changed()
    process.communicate(timeout=300)


@pytest.mark.parametrize("killed", ["worker", "shell", "stage"])
def test_a_stage_that_is_killed_or_whose_worker_is_runs_again(toy, monkeypatch, killed):
    monkeypatch.setenv("SHELL", "/bin/sh")  # Debian's remains between the worker and the stage; Bash would exec it
    toy = toy(f"test $1 = 1 -o -f begun-2 || {{ touch begun-2; {HANGS}; }}")
    process = toy.start("--jobs", "2")
    stage = psutil.Process(int(toy.wait_for("pid-2")))
    *shells, worker, _head = takewhile(lambda parent: parent.pid != os.getpid(), stage.parents())
    {"worker": worker, "shell": [stage, *shells][-1], "stage": stage}[killed].kill()
    wait_until_gone(stage.pid)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert re.search(
        r"^cell@2: worker \d was lost; it runs again, from its checkpoint if it has one, on worker \d\.$",
        output,
        flags=re.M,
    )
    assert toy.read("all") == "1\n2\n"


def test_targets_run_what_they_need_and_nothing_else(toy):
    toy = toy("")
    assert sorted(ended(toy.run("one"))) == ["cell@1", "check", "one"]
    assert ended(toy.run("cell")) == ["cell@2"]
    assert toy.run("one", "cell") == "Data and pipelines are up to date.\n"
    output = toy.run("nothing", status=1)
    assert "'nothing'" in output
    assert output.endswith("; name a target that `dvc repro` knows, `dvc stage list` lists them.\n")


def test_more_stages_at_once_than_fit_into_memory_are_refused(toy):
    output = toy("").run("--jobs", "100000", status=1)
    assert re.fullmatch(r"100000 stages at once may need .* run fewer: make repro JOBS=\d+\.\n", output)


def test_a_value_that_stops_dvcs_parser_is_told_in_the_sentence_of_the_check(project):
    project.set(seeds=3)
    output = project.run("python", "-m", "stages", check=False)
    assert output.startswith("seeds is 3; ")
    assert "dvc dag" not in output
