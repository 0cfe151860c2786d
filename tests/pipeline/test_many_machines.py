"""``python -m stages --scheduler``: workers that see the workspace, and workers that do not, whatever goes wrong."""

import re
import shutil
import signal
import time
from importlib.metadata import version

import psutil
import pytest

from tests.pipeline.machines import HIDDEN, Machines
from tests.pipeline.project import COMPARED, make_project
from tests.pipeline.test_all_cores import ended
from tests.pipeline.toy import Toy
from tests.processes import wait_until_gone

pytestmark = pytest.mark.pipeline
hidden = pytest.mark.skipif(not HIDDEN, reason="hiding a folder from a worker takes unshare and a user who may mount")

MEETS_THE_OTHER = """
touch {common}/here-$1
for _ in $(seq 3000); do test -f {common}/here-1 -a -f {common}/here-2 && break; sleep 0.1; done
test -f {common}/here-1 -a -f {common}/here-2 || exit 1
pwd > {common}/folder-$1
cat params.yaml > {common}/params-$1
git -C . status > /dev/null 2>&1 || ls -A > {common}/files-$1
echo OMP_NUM_THREADS is ${{OMP_NUM_THREADS-not set}}.
"""
HANGS_ONCE = """
echo $1 >> {common}/begun
test $1 = 1 -o -f {common}/once || {{ touch {common}/once; echo $$ > {common}/pid; exec sleep 600; }}
"""


HANGS_TWICE = """
echo $1 >> {common}/begun
test $1 = 1 || for times in 1 2; do
    test -f {common}/pid-$times || {{ echo $$ > {common}/pid-$times; exec sleep 600; }}
done
"""


class Place:
    """Where a test runs: projects that workers may not see, what everybody sees, and a scheduler with two workers."""

    def __init__(self, folder, *, hides: bool) -> None:
        self.projects = folder / "projects"
        self.projects.mkdir()
        self.common = folder / "common"
        self.common.mkdir()
        self.machines = Machines(folder / "machines")
        for name in ("a", "b"):
            self.machines.worker(name, hides=self.projects if hides else None)

    def toy(self, cell: str, *, remote: bool = True) -> Toy:
        shutil.rmtree(self.projects / "toy", ignore_errors=True)
        for path in (self.common, self.common.parent / "store"):
            shutil.rmtree(path, ignore_errors=True)
        self.common.mkdir()
        return Toy(
            self.projects / "toy",
            cell.format(common=self.common),
            remote=str(self.common.parent / "store") if remote else None,
        )

    def run(self, toy: Toy, *arguments: str, status: int = 0) -> str:
        return toy.run_on(self.machines.address, *arguments, status=status)


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """Two workers that cannot see the projects."""
    place = Place(tmp_path_factory.mktemp("apart"), hides=True)
    with place.machines:
        yield place


@pytest.fixture
def place(tmp_path):
    """Two workers that can, for tests after which they are of no use."""
    place = Place(tmp_path, hides=False)
    with place.machines:
        yield place


def wait_for(path, files: int = 0) -> str:
    """Wait until a file holds a whole line, and return that; or until there are so many files below a folder."""
    deadline = time.monotonic() + 300
    while not (len(list(path.glob("*/*/*"))) >= files if files else path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.05)
    return "" if files else path.read_text(encoding="utf-8").strip()


@hidden
def test_workers_that_share_nothing_but_a_remote_work_on_what_the_workspace_holds(apart):
    toy = apart.toy(MEETS_THE_OTHER)
    (toy.folder / "params.yaml").write_text("train: {threads: 1} # Not committed.\n", encoding="utf-8")
    (toy.folder / "ignored").write_text("A secret.\n", encoding="utf-8")
    (toy.folder / "stray").write_text("Not known to Git, and read by no stage.\n", encoding="utf-8")
    with (toy.folder / ".gitignore").open("a", encoding="utf-8") as ignore:
        ignore.write("/ignored\n")
    output = apart.run(toy)
    assert "2 workers, apart, each in a copy of this workspace.\n" in output
    assert sorted(ended(output)) == sorted(["check", "cell@1", "cell@2", "one", "all"])
    assert output.count("OMP_NUM_THREADS is not set.\n") == 2
    assert toy.read("all") == "1\n2\n"
    folders = {(apart.common / f"folder-{cell}").read_text(encoding="utf-8") for cell in (1, 2)}
    assert len(folders) == 2
    assert f"{toy.folder}\n" not in folders
    for cell in (1, 2):
        assert (apart.common / f"params-{cell}").read_text(encoding="utf-8") == toy.read("params.yaml")
        sent = (apart.common / f"files-{cell}").read_text(encoding="utf-8").split()
        assert {"cell.sh", "dvc.yaml", ".gitignore"} <= set(sent)
        assert not {"ignored", "stray", ".git"} & set(sent)
    assert "up to date" in toy.shell("dvc status")
    lock = toy.read("dvc.lock")
    toy.shell("rm -r dvc.lock .dvc/cache out one all checked")
    output = apart.run(toy)
    assert len(re.findall(r"\] \S+ from the run-cache", output)) == 5
    assert toy.read("dvc.lock") == lock


@hidden
def test_what_the_run_has_is_sent_and_what_stays_the_same_does_not_run_again(apart):
    toy = apart.toy("")
    toy.run("cell")
    assert sorted(ended(apart.run(toy))) == ["all", "one"]
    assert toy.read("all") == "1\n2\n"
    toy.shell("sed -i 's/sh cell.sh/sh -e cell.sh/' dvc.yaml")
    output = apart.run(toy)
    assert len(ended(output)) == 4
    assert set(re.findall(r"\] (\S+) unchanged", output)) == {"one", "all"}


@hidden
def test_a_worker_that_is_killed_in_the_middle_of_a_stage_loses_that_alone(apart):
    toy = apart.toy(HANGS_ONCE)
    process = toy.start("--scheduler", apart.machines.address)
    stage = psutil.Process(int(wait_for(apart.common / "pid")))
    worker = next(parent for parent in stage.parents() if "spawn_main" in " ".join(parent.cmdline()))
    worker.kill()
    wait_until_gone(stage.pid)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert re.search(r"^cell@2: worker \w was lost; it runs again, from its beginning, on worker \w\.$", output, re.M)
    assert toy.read("all") == "1\n2\n"
    assert sorted((apart.common / "begun").read_text(encoding="utf-8").split()) == ["1", "2", "2"]


@hidden
def test_after_a_run_that_is_ended_the_next_one_goes_on(apart):
    toy = apart.toy(HANGS_TWICE)
    for times, how in enumerate([signal.SIGINT, signal.SIGKILL], start=1):
        process = toy.start("--scheduler", apart.machines.address)
        stage = int(wait_for(apart.common / f"pid-{times}"))
        wait_for(apart.common.parent / "store/runs", files=2)  # of the check, and of the other cell
        process.send_signal(how)
        output, _ = process.communicate(timeout=300)
        if how is signal.SIGINT:
            wait_until_gone(stage)
            assert output.endswith("Interrupted; run the same command again to go on.\n")
            assert "Traceback" not in output
    apart.run(toy)
    wait_until_gone(stage)
    assert toy.read("all") == "1\n2\n"
    assert sorted((apart.common / "begun").read_text(encoding="utf-8").split()) == ["1", "2", "2", "2"]


@hidden
def test_a_remote_that_is_gone_is_one_sentence(apart):
    store = apart.common.parent / "store"
    toy = apart.toy(f"test $1 = 1 || {{{{ rm -r {store} && touch {store}; }}}}")
    output = apart.run(toy, "cell", status=1)
    assert re.search(
        r"^cell@2 failed: .* DVC remote: .*; make room or mend the connection, and run again\.$", output, re.M
    )
    assert "Traceback" not in output
    store.unlink()


@hidden
def test_no_remote_is_one_sentence(apart):
    toy = apart.toy("", remote=True)
    toy.shell("dvc remote remove storage")
    output = apart.run(toy, status=1)
    assert re.fullmatch(
        r".*\nWorkers that do not see this folder need a DVC remote, .*; see docs/scale\.md\.\n", output
    )


@hidden
def test_a_worker_with_another_torch_is_refused(apart, tmp_path):
    (tmp_path / "torch-1.0.dist-info").mkdir()
    (tmp_path / "torch-1.0.dist-info/METADATA").write_text("Name: torch\nVersion: 1.0\n", encoding="utf-8")
    toy = apart.toy("")
    with apart.machines.worker_for_now("other", hides=apart.projects, PYTHONPATH=str(tmp_path)):
        output = apart.run(toy, status=1)
    assert re.fullmatch(
        rf"The worker at tcp://\S+ cannot take part: it has torch 1\.0 in place of {re.escape(version('torch'))}; "
        r"install the run's requirements\.lock there\.\n",
        output,
    )


@hidden
def test_a_worker_with_more_than_one_thread_is_refused(apart):
    toy = apart.toy("")
    with apart.machines.worker_for_now("broad", "--nthreads", "2", hides=apart.projects):
        output = apart.run(toy, status=1)
    assert re.search(
        r"^The worker at tcp://\S+ cannot take part: it has 2 threads; start it with .*\.\n$", output, re.M
    )


def test_workers_that_see_the_workspace_work_in_it_under_the_lock_for_other_file_systems(place):
    toy = place.toy(MEETS_THE_OTHER)
    toy.shell("dvc config --local core.hardlink_lock true")
    output = place.run(toy)
    assert "2 workers, in this workspace.\n" in output
    assert {(place.common / f"folder-{cell}").read_text(encoding="utf-8") for cell in (1, 2)} == {f"{toy.folder}\n"}
    assert toy.read("all") == "1\n2\n"
    assert "up to date" in toy.shell("dvc status")
    assert not (place.common.parent / "store").exists()


def test_a_scheduler_that_goes_is_one_sentence_and_the_next_run_goes_on(place):
    toy = place.toy(HANGS_ONCE)
    process = toy.start("--scheduler", place.machines.address)
    stage = int(wait_for(place.common / "pid"))
    place.machines.scheduler.kill()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert output.endswith(
        "The scheduler is gone; start it and its workers again, and run the same command to go on.\n"
    )
    assert "Traceback" not in output
    wait_until_gone(stage)
    output = place.run(toy, status=1)
    # Above it, DVC may warn of the stage that died.
    assert re.search(r"^No scheduler answers at tcp://\S+: .*; start one with `dask scheduler`\.\n\Z", output, re.M)
    toy.run()
    assert toy.read("all") == "1\n2\n"


@hidden
def test_the_same_bytes_as_on_one_machine(finished, apart):
    shutil.rmtree(apart.projects / "project", ignore_errors=True)
    project = make_project(apart.projects / "project")
    project.run("dvc", "remote", "add", "--quiet", "--default", "storage", str(apart.common.parent / "real-store"))
    output = project.run(
        "python", "-m", "stages", "--scheduler", apart.machines.address, "compare@mnist", "evaluate@mnist"
    )
    assert "apart" in output
    assert len(ended(output)) == 14
    made = project.hashes(*COMPARED, "metrics", "plots")
    assert {"metrics/comparison-mnist.json", "metrics/mnist.json"} <= set(made)
    everything = finished.hashes(*COMPARED, "metrics", "plots")
    assert made == {name: everything[name] for name in made}
    assert "Data and pipelines are up to date." in project.run("dvc", "repro", "compare@mnist", "evaluate@mnist")
