"""Bars on a terminal, nothing elsewhere."""

import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from fcntl import ioctl

from tests.hub.cli.conftest import ROOT

LONG_WORK = "from hub.cli.progress import bar\nwith bar('核对') as done:\n    done(1, 2)\n    done(2, 2)\n"


def on_terminal(program: str) -> str:
    """What a program writes to a terminal of 80 × 24 as its stderr."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environ = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", program], stderr=slave, env=environ):
        os.close(slave)
        said = b""
        with suppress(OSError):  # EIO: the program has ended
            while part := os.read(master, 4096):
                said += part
    os.close(master)
    return said.decode()


def test_a_terminal_shows_how_far_it_is() -> None:
    said = on_terminal(LONG_WORK)
    assert "核对" in said
    assert "2/2" in said


def test_elsewhere_nothing_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LONG_WORK],
        capture_output=True,
        cwd=ROOT,
        check=True,
        env={**os.environ, "TERM": "xterm"},
    )
    assert (done.stdout, done.stderr) == (b"", b"")
