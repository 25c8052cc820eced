"""How many fsyncs a press costs, and that each acknowledgement comes after a finished one: counted by strace."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Final

from hub.bench.press import acknowledgement
from hub.bench.result import Progress, Result, at_most, figure
from hub.bench.rooms import Pty, folder, press_frame
from hub.bench.trace import Trace, read_trace
from hub.errors import HallhubError

ALONE: Final = 1500
"""Presses one after the other: several restarts of the WAL fall among them."""
TOGETHER: Final = 60
PTYS: Final = 60
ROUNDS_TOGETHER: Final = 10
ANSWER_S: Final = 30.0
KEYS: Final = 4


def run(progress: Progress) -> Sequence[Result]:
    """Presses alone, queued in one turn of the loop, and over many ptys."""
    progress("fsync: alone")
    alone = _traced(1, _one_by_one)
    progress("fsync: 60 in one turn")
    together = _traced(1, _in_one_turn)
    progress("fsync: 60 ptys")
    begin = time.perf_counter()
    spread = _traced(PTYS, _over_ptys)
    seconds = time.perf_counter() - begin
    early = alone.early + together.early + spread.early
    return [
        at_most("fsync.early_acks", early, "acks", 0, note="acknowledged before a finished fsync"),
        at_most("fsync.alone", alone.syncs / max(1, alone.acks), "fsyncs/press", 1.05),
        at_most("fsync.queued", together.syncs / max(1, together.acks), "fsyncs/press", 1 / 20),
        figure(
            "fsync.60_ptys",
            spread.syncs / max(1, spread.acks),
            "fsyncs/press",
            note=f"{spread.syncs / seconds:.0f} commits/s under strace",
        ),
    ]


def _one_by_one(ptys: Sequence[Pty]) -> None:
    for n in range(ALONE):
        _press(ptys[:1], press_frame(1, n % KEYS))


def _in_one_turn(ptys: Sequence[Pty]) -> None:
    for n in range(ROUNDS_TOGETHER):
        _press(ptys[:1], press_frame(1, n % KEYS), times=TOGETHER)


def _over_ptys(ptys: Sequence[Pty]) -> None:
    for n in range(ROUNDS_TOGETHER):
        _press(ptys, press_frame(1, n % KEYS))


def _press(ptys: Sequence[Pty], frame: bytes, *, times: int = 1) -> None:
    """Write frames to all ptys at once, then wait for all acknowledgements."""
    for pty in ptys:
        os.write(pty.master, frame * times)
    missing = dict.fromkeys((pty.master for pty in ptys), times)
    got = {pty.master: b"" for pty in ptys}
    deadline = time.monotonic() + ANSWER_S
    while missing:
        ready, _, _ = select.select(list(missing), [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise HallhubError(f"fsync: {len(missing)} 条线路在 {ANSWER_S:.0f} 秒内没有应答 (no acknowledgement)")
        for master in ready:
            got[master] += os.read(master, 4096)
            if got[master].count(acknowledgement(frame)) >= missing[master]:
                del missing[master]


def _traced(lines: int, play: object) -> Trace:
    strace = shutil.which("strace")
    if strace is None:
        raise HallhubError("fsync: 需要 strace，请先安装：apt install strace (strace is missing)")
    with folder() as room, _ptys(lines) as ptys:
        log = room / "strace"
        command = [strace, "-f", "-q", "-xx", "-s", "16", "-e", "trace=read,write,fsync,fdatasync", "-o", str(log)]
        child = [sys.executable, "-m", "hub.bench.press_child", str(room), *(pty.path for pty in ptys)]
        with subprocess.Popen([*command, *child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own interpreter
            assert process.stdout is not None
            assert process.stdin is not None
            process.stdout.readline()
            assert callable(play)
            play(ptys)
            process.stdin.close()
        return read_trace(log)


@contextlib.contextmanager
def _ptys(count: int) -> Iterator[list[Pty]]:
    ptys = [Pty.new() for _ in range(count)]
    try:
        yield ptys
    finally:
        for pty in ptys:
            pty.close()
