"""A rating key's frame on a pty → stored durably → acknowledgement bytes on the pty, through the real driver.

A pty has no wire time, so nothing is taken off. The bench's own end of the pty lives in the same loop.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from hub.bench.floors import Disk, median_ms
from hub.bench.result import Progress, Result, figure, percentile, spread
from hub.bench.rooms import Pty, folder, hall, keypad_table, press_frame, pressed_hall
from hub.wiring import run_loop

ROUNDS: Final = 7
PRESSES: Final = 200
ANSWER_S: Final = 5.0
KEYS: Final = 4


def run(progress: Progress) -> Sequence[Result]:
    """Interleaved rounds of presses and bare fdatasyncs."""
    with folder() as room:
        return run_loop(lambda: _run(room, progress))


async def _run(room: Path, progress: Progress) -> list[Result]:
    pty = Pty.new()
    disk = Disk(room)
    device = Device(pty)
    syncs: list[float] = []
    took: list[float] = []
    p50s: list[float] = []
    async with pressed_hall(hall(room, devices=[keypad_table(1, pty.path)])):
        await device.press(0)
        for n in range(ROUNDS):
            progress(f"press {n + 1}/{ROUNDS}")
            syncs += disk.fdatasync_s(PRESSES)
            one = [await device.press(k % KEYS) for k in range(PRESSES)]
            took += one
            p50s.append(median(one) * 1000)
    device.close()
    pty.close()
    disk.close()
    floor = median_ms(syncs)
    p50, p99 = median_ms(took), percentile(took, 0.99) * 1000
    limit = 2 * floor + 1
    bar = f"≤ 2 × fdatasync + 1 ms = {limit:.3g} ms"
    return [
        Result("press.p50", p50, "ms", floor, p50 / floor, bar, p50 <= limit, spread(p50s)),
        figure("press.p99", p99, "ms", floor=percentile(syncs, 0.99) * 1000),
    ]


class Device:
    """The keypad's end: writes a frame, waits for the acknowledgement's last byte."""

    def __init__(self, pty: Pty) -> None:
        self._fd = pty.master
        self._got = bytearray()
        self._wanted = b""
        self._done: asyncio.Future[float] | None = None
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    async def press(self, key: int) -> float:
        """Seconds from the frame's write to its acknowledgement."""
        frame = press_frame(1, key)
        self._got.clear()
        self._wanted = acknowledgement(frame)
        self._done = asyncio.get_running_loop().create_future()
        begin = time.perf_counter()
        os.write(self._fd, frame)
        async with asyncio.timeout(ANSWER_S):
            return await self._done - begin

    def close(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._fd)

    def _read(self) -> None:
        self._got += os.read(self._fd, 4096)
        if self._wanted in self._got and self._done is not None and not self._done.done():
            self._done.set_result(time.perf_counter())


def acknowledgement(frame: bytes) -> bytes:
    """The answer to a rating: the same frame with func 01 (devices.md §3.1)."""
    return frame[:6] + b"\x01" + frame[7:-2] + bytes([(frame[-2] - 0x10) & 0xFF, 0x16])
