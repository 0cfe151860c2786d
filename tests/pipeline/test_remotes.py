"""``python -m stages --scheduler`` over remotes that are servers: real ones, here on this machine."""

import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.missing import missing
from tests.pipeline.machines import HIDDEN, Machines
from tests.pipeline.test_all_cores import ended
from tests.pipeline.toy import Toy

pytestmark = pytest.mark.pipeline
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
REQUIREMENTS = "tests/pipeline/requirements.txt"


def installed(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def served(tmp_path):
    """Start a server; it ends with the test."""
    servers = []

    def serve(port: int, *command: str) -> None:
        servers.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            assert servers[-1].poll() is None, f"{command[0]} has ended"
            assert time.monotonic() < deadline
            time.sleep(0.1)

    yield serve
    for server in servers:
        server.terminate()
        server.wait(timeout=60)


def ssh(tmp_path, serve) -> tuple[str, dict[str, str]]:
    """Return the URL and the options of a remote on an SSH server of our own."""
    if not SSHD or not installed("dvc_ssh"):
        missing(f"an ssh:// remote takes OpenSSH's sshd and dvc-ssh: pip install -r {REQUIREMENTS}")
    port = free_port()
    for key in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / key], check=True)
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": tmp_path / "host",
        "AuthorizedKeysFile": tmp_path / "client.pub",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "Subsystem": "sftp internal-sftp",
    }
    config = tmp_path / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # in which sshd of a system that has not started one locks itself up
    serve(port, str(SSHD), "-D", "-e", "-f", str(config))
    return f"ssh://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/store", {"keyfile": str(tmp_path / "client")}


def s3(tmp_path, serve) -> tuple[str, dict[str, str]]:
    """Return the URL and the options of a remote in a bucket of a server that speaks S3."""
    if not installed("dvc_s3", "moto"):
        missing(f"an s3:// remote takes dvc-s3 and moto: pip install -r {REQUIREMENTS}")
    import boto3  # noqa: PLC0415

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    serve(port, sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    boto3.client("s3", endpoint_url=url).create_bucket(Bucket="bucket")
    return "s3://bucket/store", {"endpointurl": url}


@pytest.mark.skipif(not HIDDEN, reason="hiding a folder from a worker takes unshare and a user who may mount")
@pytest.mark.parametrize("kind", [ssh, s3])
def test_workers_that_share_nothing_but_a_server(tmp_path, monkeypatch, served, kind):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    url, options = kind(tmp_path, served)
    projects = tmp_path / "projects"
    projects.mkdir()
    toy = Toy(projects / "toy", "", remote=url)
    for name, value in options.items():
        toy.shell(f"dvc remote modify storage {name} {value}")
    with Machines(tmp_path / "machines") as machines:
        for name in ("a", "b"):
            machines.worker(name, hides=projects)
        assert sorted(ended(toy.run_on(machines.address))) == ["all", "cell@1", "cell@2", "check", "one"]
        assert toy.read("all") == "1\n2\n"
        toy.shell("rm -r dvc.lock .dvc/cache out one all checked")
        assert toy.run_on(machines.address).count(" from the run-cache") == 5
        assert toy.read("all") == "1\n2\n"
