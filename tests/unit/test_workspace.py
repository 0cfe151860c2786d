"""Where workers work: what is sent to them, and what of it they refuse."""

import io
import platform
import subprocess
import tarfile

import pytest

from resgrad.parallel.versions import difference, must_match, versions
from resgrad.parallel.workspace import Sent, Shared, WorkspaceError, pack, token


@pytest.fixture
def repository(tmp_path, monkeypatch):
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    subprocess.run(["git", "init", "--quiet"], check=True)
    for name in ("tracked", "deleted", "[odd] \n name"):
        (folder / name).write_text("Before.\n", encoding="utf-8")
    subprocess.run(["git", "add", "--all"], check=True)
    (folder / "tracked").write_text("After.\n", encoding="utf-8")
    (folder / "deleted").unlink()
    (folder / ".gitignore").write_text("ignored\n", encoding="utf-8")
    (folder / "code").mkdir()
    for name in ("code/new", "code/ignored", "stray"):
        (folder / name).touch()
    return folder


def test_what_is_sent_is_what_git_tracks_as_it_is_and_what_stages_read(repository, tmp_path, monkeypatch):
    archive = pack(["code", "missing"])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.chdir(tmp_path)
    Sent(archive).enter(scratch)
    workspace = scratch / "workspace"
    found = {str(path.relative_to(workspace)) for path in workspace.rglob("*") if path.is_file()}
    assert found == {"tracked", "[odd] \n name", "code/new", ".dvc/config.local"}
    assert (workspace / "tracked").read_text(encoding="utf-8") == "After.\n"


def test_a_link_is_sent_as_the_file_that_it_leads_to(repository, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").write_text("From elsewhere.\n", encoding="utf-8")
    (repository / "code/linked").symlink_to(tmp_path / "elsewhere")
    (repository / "code/broken").symlink_to(tmp_path / "nowhere")
    archive = pack(["code"])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.chdir(tmp_path)
    Sent(archive).enter(scratch)
    linked = scratch / "workspace/code/linked"
    assert linked.read_text(encoding="utf-8") == "From elsewhere.\n"
    assert not linked.is_symlink()
    assert not (scratch / "workspace/code/broken").exists()


def test_a_link_to_a_folder_is_refused_by_its_name(repository, tmp_path):
    (repository / "code/linked").symlink_to(tmp_path)
    with pytest.raises(WorkspaceError, match=r"^The link code/linked leads to a folder and cannot be sent "):
        pack(["code"])


def test_outside_of_git_there_is_nothing_to_send(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkspaceError, match=r"^Git cannot list what to send to the workers \(.*\); run in a Git "):
        pack([])


def link(target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo("link")
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


@pytest.mark.parametrize("member", [tarfile.TarInfo("../outside"), link("../outside"), link("/etc/passwd")])
def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path, monkeypatch, member):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(member, io.BytesIO())
    monkeypatch.chdir(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(WorkspaceError, match=r"^it cannot unpack the files of the run in "):
        Sent(packed.getvalue()).enter(scratch)
    assert not (scratch / "outside").exists()
    assert not (scratch / "workspace/link").is_symlink()


def test_a_shared_workspace_is_known_by_its_token_not_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with token() as name:
        assert Shared(tmp_path, name).seen()
        assert not Shared(tmp_path, "run-another").seen()
        with pytest.raises(WorkspaceError, match=r"^it cannot see "):
            Shared(tmp_path, "run-another").enter(tmp_path)
    assert not Shared(tmp_path, name).seen()


def test_versions_that_differ_are_named_with_both():
    assert {"python", "libc", "torch", "dvc", "numpy", "distributed"} <= set(must_match(portable=True))
    own = versions(must_match(portable=True))
    assert difference(own, own) is None
    assert difference(own, {**own, "python": "3.9.1.final.0"}) == (
        f"it has python 3.9.1.final.0 in place of {own['python']}; install the run's requirements.lock there"
    )
    assert difference({"torch": "2"}, {}) == (
        "it has torch (none) in place of 2; install the run's requirements.lock there"
    )
    assert difference(own, {**own, "libc": "glibc 2.3"}) == (
        f"it has libc glibc 2.3 in place of {own['libc']}; use machines that are alike"
    )
    assert versions(["no-such-package"])["no-such-package"] is None


def test_processors_may_differ_only_if_all_compute_the_same_bytes():
    assert set(must_match(portable=False)) - set(must_match(portable=True)) == {"processor"}
    assert "family" in versions(["processor"])["processor"] or platform.machine() != "x86_64"
