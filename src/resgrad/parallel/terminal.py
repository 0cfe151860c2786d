"""A terminal of a process's own: what runs in it shows its bars, and ends when the process does."""

import os
import re
import select
import signal
import termios
import threading
import tty
from collections.abc import Callable

_ROWS = 24
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """The controlling terminal of this process, whose standard input, output and error it becomes.

    A stage writes to it, and so draws its progress bar; a thread reads what is written. The process becomes the leader
    of a session: when it dies, be it of SIGKILL, the kernel hangs up the terminal, and SIGHUP ends the stage.
    """

    def __init__(self, columns: int, *, line: Callable[[str], None], bar: Callable[[str], None]) -> None:
        """Take over this process.

        Args:
            columns: width, for what is drawn.
            line: called with every line that stays on the screen.
            bar: called with a line that will be drawn over.
        """
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup has set aside, for this process and for the stages
        self._screen = Screen(line, bar)
        self._reading = threading.Lock()
        self._master, slave = os.openpty()
        tty.setraw(slave)
        termios.tcsetwinsize(slave, (_ROWS, columns))
        os.login_tty(slave)
        threading.Thread(target=self._read_forever, name="terminal", daemon=True).start()

    def catch_up(self) -> None:
        """Read what has been written up to now."""
        with self._reading:
            while select.select([self._master], [], [], 0)[0]:
                self._screen.feed(os.read(self._master, 65536))

    def _read_forever(self) -> None:
        while True:
            select.select([self._master], [], [])
            self.catch_up()


class Screen:
    """Tells lines that stay from those that are drawn over, such as a progress bar."""

    def __init__(self, line: Callable[[str], None], bar: Callable[[str], None]) -> None:
        self._line = line
        self._bar = bar
        self._current = b""

    def feed(self, data: bytes) -> None:
        """Take what was written to the terminal, in pieces of any size."""
        *ended, self._current = (self._current + data).split(b"\n")
        for text in filter(None, map(_visible, ended)):
            self._line(text)
        if b"\r" in self._current and (text := _visible(self._current)):
            self._bar(text)
            self._current = self._current[self._current.rindex(b"\r") :]


def _visible(line: bytes) -> str:
    """Return what is seen of a line: what was written last from its beginning; "" if that is blank."""
    text = _ESCAPE.sub("", line.decode(errors="replace")).rstrip()
    return text.rpartition("\r")[2].strip()
