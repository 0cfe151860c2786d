"""Results that go from one workspace to another by a DVC remote, without a cluster between them."""

import hashlib
import json
import shutil

import pytest

from resgrad.parallel.apart import Apart
from resgrad.parallel.exchange import Entry, ExchangeError
from resgrad.parallel.pipeline import Pipeline
from tests.pipeline.toy import Toy

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.filterwarnings("ignore:_NoneStep.value"),  # of pygtrie, in the hands of DVC
]

FOLDER = """
stages:
  cell:
    cmd: mkdir folder && date +%N > folder/file && basename $PWD > folder/where
    deps: [params.yaml]
    outs: [folder]
"""


@pytest.fixture
def workspaces(tmp_path):
    """Two copies of a workspace, with one remote."""
    toy = Toy(tmp_path / "one", "", remote=str(tmp_path / "store"))
    (toy.folder / "dvc.yaml").write_text(FOLDER, encoding="utf-8")
    shutil.copytree(toy.folder, tmp_path / "other")
    return toy.folder, tmp_path / "other"


@pytest.fixture
def run_in(monkeypatch):
    """Run the cell as a worker in a workspace, or take it in as the run does."""

    def run(folder) -> Entry:
        monkeypatch.chdir(folder)
        _, entry = Apart(Pipeline()).reproduce("cell", intact=False, needs={})
        return entry

    return run


def receive(folder, entry, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    pipeline = Pipeline()
    Apart(pipeline).receive("cell", entry)
    pipeline.write_lockfile()


def remote_file(folder, entry: Entry):
    return folder.parent / "store/runs" / entry.key[:2] / entry.key / entry.value


def test_the_first_result_of_a_cell_stands(workspaces, run_in, monkeypatch):
    """Also where both workers have begun before either has ended."""
    one, other = workspaces
    first = None

    def meanwhile(stage, **options):
        nonlocal first
        run(stage, **options)
        if first is None:
            first = "pending"
            first = run_in(one)
            monkeypatch.chdir(other)

    from dvc.stage import PipelineStage  # noqa: PLC0415

    run = PipelineStage.run
    monkeypatch.setattr(PipelineStage, "run", meanwhile)
    second = run_in(other)
    assert second == first
    assert len(list((other.parent / "store/runs").glob("*/*/*"))) == 1
    for folder in workspaces:
        assert (folder / "folder/where").read_text(encoding="utf-8") == "one\n"
    third = run_in(other)
    assert third == first


def test_a_result_is_taken_into_the_workspace_and_its_lock(workspaces, run_in, monkeypatch):
    one, other = workspaces
    entry = run_in(one)
    receive(other, entry, monkeypatch)
    assert (other / "folder/where").read_text(encoding="utf-8") == "one\n"
    assert Pipeline().changed() == set()


def test_the_result_of_other_inputs_is_refused_by_name(workspaces, run_in, monkeypatch):
    one, other = workspaces
    entry = run_in(one)
    (other / "params.yaml").write_text("train: {threads: 2}\n", encoding="utf-8")
    with pytest.raises(ExchangeError, match=r"^cell has read another params\.yaml on its worker than there is here; "):
        receive(other, entry, monkeypatch)
    assert not (other / "folder").exists()


def test_a_remote_without_the_files_is_one_sentence(workspaces, run_in, monkeypatch):
    one, other = workspaces
    entry = run_in(one)
    shutil.rmtree(other.parent / "store/files")
    with pytest.raises(ExchangeError, match=r"^The outputs of cell "):
        receive(other, entry, monkeypatch)
    assert not (other / "folder").exists()


def test_an_entry_that_was_tampered_with_is_refused(workspaces, run_in, monkeypatch):
    one, other = workspaces
    entry = run_in(one)
    path = remote_file(one, entry)
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8").replace("path: folder", "path: ../folder"), encoding="utf-8")
    with pytest.raises(ExchangeError, match=r"^The remote's entry \S+ is not one of cell; delete it there "):
        receive(other, entry, monkeypatch)
    assert not (other.parent / "folder").exists()


def test_a_folder_that_leads_out_of_itself_is_refused(workspaces, run_in, monkeypatch):
    one, other = workspaces
    entry = run_in(one)
    objects = one.parent / "store/files/md5"
    (path,) = objects.glob("*/*.dir")
    path.chmod(0o644)
    listed = json.loads(path.read_text(encoding="utf-8"))
    listed[0]["relpath"] = "../escaped"
    path.write_text(json.dumps(listed), encoding="utf-8")
    with pytest.raises(ExchangeError, match=r"^folder of cell as the remote has it leads out of its folder\."):
        receive(other, entry, monkeypatch)
    assert not (other / "escaped").exists()


@pytest.mark.parametrize("name", ["../../secret", "", "A" * 64, hashlib.sha256().hexdigest() + "0"])
def test_a_name_that_is_no_hash_is_refused(workspaces, run_in, monkeypatch, name):
    one, other = workspaces
    entry = run_in(one)
    with pytest.raises(ExchangeError, match=r" is no name of an entry of the run-cache\.$"):
        receive(other, Entry(entry.key, name), monkeypatch)
