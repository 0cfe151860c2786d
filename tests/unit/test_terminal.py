"""Output to a terminal, and what happens to the processes that write to it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from resgrad.parallel.terminal import Screen
from tests.paths import ROOT
from tests.processes import wait_until_gone

INSIDE = """
import subprocess, sys
from resgrad.parallel.terminal import Terminal
out = open(sys.argv[1], "w", buffering=1)
terminal = Terminal(70, line=lambda text: print("line", text, file=out), bar=lambda text: print("bar", text, file=out))
subprocess.run(["sh", "-c", sys.argv[2]])
terminal.catch_up()
print("end", file=out)
"""


def seen(*pieces: str) -> list[tuple[str, str]]:
    found = []
    screen = Screen(lambda text: found.append(("line", text)), lambda text: found.append(("bar", text)))
    for piece in pieces:
        screen.feed(piece.encode())
    return found


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["one\ntwo\n"], [("line", "one"), ("line", "two")]),
        (["on", "e\r\n"], [("line", "one")]),
        (["no end"], []),
        (["\n  \n"], []),
        (["\r 10%|#   |", "\r 20%|##  |"], [("bar", "10%|#   |"), ("bar", "20%|##  |")]),
        (["\r 10%|#   |\r           \r", "done\n"], [("bar", "10%|#   |"), ("line", "done")]),
        (["\x1b[31mred\x1b[0m\n"], [("line", "red")]),
        (["\r 10%|#   |\x1b[A"], [("bar", "10%|#   |")]),
    ],
)
def test_lines_that_stay_are_told_from_those_that_are_drawn_over(pieces, expected):
    assert seen(*pieces)[: len(expected)] == expected
    assert [item for item in seen(*pieces) if item[0] == "line"] == [item for item in expected if item[0] == "line"]


def test_a_character_that_comes_in_two_pieces_is_whole():
    found = []
    screen = Screen(found.append, found.append)
    for byte in "ärger\n".encode():
        screen.feed(bytes([byte]))
    assert found == ["ärger"]


def inside_a_terminal(tmp_path, command: str, before: str = "") -> subprocess.Popen:
    """Start a command in a process with its own terminal; ``before`` runs in the shell that starts it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    shell = ["sh", "-c", f'{before or ":"}; exec "$@"', "sh"]
    return subprocess.Popen([*shell, sys.executable, "-c", INSIDE, str(tmp_path / "seen"), command], env=environment)


def test_what_runs_in_it_sees_a_terminal_of_that_width(tmp_path):
    assert inside_a_terminal(tmp_path, "test -t 2 && stty size && echo error >&2").wait() == 0
    assert (tmp_path / "seen").read_text(encoding="utf-8") == "line 24 70\nline error\nend\n"


@pytest.mark.parametrize("before", ["", "trap '' HUP"], ids=["plain", "nohup"])
def test_what_runs_in_it_ends_when_its_process_is_killed(tmp_path, before):
    process = inside_a_terminal(tmp_path, "echo $$; exec sleep 600", before)
    deadline = time.monotonic() + 60
    while not (told := (tmp_path / "seen").read_text() if (tmp_path / "seen").exists() else "").endswith("\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child = int(told.split()[1])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until_gone(child)
