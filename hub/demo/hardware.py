"""The demo's devices: emulators on ptys under stable paths, to which the hub's real drivers connect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from drivers.emulation.clock import Pace
from drivers.emulation.ports import PtyPort
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.keypad.emulator import Keypad, Keypads
from drivers.led.emulator import Signs
from drivers.printer.emulator import PAPER_80, Printer
from hub.demo.halltoml import Ports
from hub.demo.town import Town

PADS_A_LINE: Final = 4
SIGNS_A_LINE: Final = 8
PAD_BAUD: Final = 9600  # devices.md §3.1
SIGN_BAUD: Final = 57600  # devices.md §2.1
PRINTER_BAUD: Final = 115200

PATIENCE_S: Final = 5.0
"""Real seconds: the hub's disk does not run faster with the hall, and a resend would come minutes of the hall later."""
COLLIDES_UP_TO: Final = 3.0
"""Up to this speed pads on one pair spoil each other's frames as they do in life. Above it one turn of the event loop
lasts longer than a frame: all that is due in it would collide, so there pads take turns."""
SIGNS_REAL_UP_TO: Final = 20.0
"""Up to this speed a sign's line and its answers take their own time; above it they follow."""
FRAMES_S: Final = 0.12
"""Device seconds that a press and its bounce take on the line."""
LEAST_S: Final = 0.001
"""Real seconds: what the event loop's timers can tell apart."""
KEPT: Final = 100_000
"""Happenings kept until `take` collects them: some hours of the largest hall."""


@dataclass(slots=True)
class Hardware:
    """All devices of the hall; a window's number is its address on its lines."""

    ports: Ports
    truth: Truth
    printer: Printer
    hush_s: float
    """Real seconds between two pads' frames on one line; 0 where they may collide."""
    _plugs: list[PtyPort] = field(default_factory=list)
    _pads: dict[int, Keypad] = field(default_factory=dict)
    _lines: dict[int, asyncio.Lock] = field(default_factory=dict)

    async def press(self, window: int, key: int, *, bounce: bool = False) -> int:
        """A finger presses an evaluator key; the press's number on that keypad."""
        return await self._on_line(window, lambda pad: pad.press(key, bounce=bounce))

    async def key(self, window: int, keys: tuple[int, ...]) -> int:
        """The clerk presses a key of the pad."""
        return await self._on_line(window, lambda pad: pad.pad(keys))

    @property
    def busy(self) -> bool:
        """Whether any press waits for its acknowledgement."""
        return any(pad.unacknowledged for pad in self._pads.values())

    @property
    def overruns(self) -> int:
        """Bytes that no program took off a port in time."""
        return sum(plug.overruns for plug in self._plugs)

    async def _on_line(self, window: int, touch: Callable[[Keypad], int]) -> int:
        async with self._lines[window]:
            number = touch(self._pads[window])
            if self.hush_s:
                await asyncio.sleep(self.hush_s)
            return number


def pads_name(window: int) -> str:
    """What a window's keypad is called in the truth log."""
    return f"pad-{window}"


@contextmanager
def plugged(town: Town, folder: Path, *, speed: float, seed: int) -> Iterator[Hardware]:
    """Plug the hall's devices in under `folder`, and pull them all out in the end."""
    pace = Pace(speed, patience_s=PATIENCE_S if speed > COLLIDES_UP_TO else 0.0)
    truth = Truth(pace, keep=KEPT)
    plugs: list[PtyPort] = []
    numbers = [window.number for window in town.windows]

    def plug(wire: Wire, name: str, baud: int) -> str:
        plugs.append(PtyPort(wire, folder / name))
        plugs[-1].plug()
        return f"serial://{quote(str(folder / name))}?baud={baud}"

    try:
        pads: dict[int, Keypad] = {}
        locks: dict[int, asyncio.Lock] = {}
        pad_ports: dict[str, tuple[int, ...]] = {}
        a_line = min(PADS_A_LINE, -(-len(numbers) // 2))  # two lines or more
        for n, group in enumerate(_groups(numbers, a_line), 1):
            wire = Wire(pace, baud=PAD_BAUD, half_duplex=speed <= COLLIDES_UP_TO, seed=f"{seed}/pads-{n}")
            line = Keypads(wire, truth=truth, seed=seed)
            pads |= {number: line.add(number, name=pads_name(number)) for number in group}
            locks |= dict.fromkeys(group, asyncio.Lock())
            pad_ports[plug(wire, f"pads-{n}", PAD_BAUD)] = group
        roll = Wire(pace, baud=PRINTER_BAUD, half_duplex=False, seed=f"{seed}/printer")
        printer = Printer(roll, truth=truth, profile=PAPER_80, seed=seed)
        ports = Ports(pad_ports, _signs(numbers, plug, speed=speed, seed=seed), plug(roll, "printer", PRINTER_BAUD))
        hush_s = 0.0 if speed <= COLLIDES_UP_TO else max(FRAMES_S / speed, LEAST_S)
        yield Hardware(ports, truth, printer, hush_s, plugs, pads, locks)
    finally:
        for one in plugs:
            one.unplug()


def _signs(
    numbers: list[int], plug: Callable[[Wire, str, int], str], *, speed: float, seed: int
) -> dict[str, tuple[int, ...]]:
    """Signs run on real time: the hub, which knows no simulated devices, keeps their texts alive by its own clock."""
    pace = Pace()
    truth = Truth(pace, keep=0)
    ports: dict[str, tuple[int, ...]] = {}
    for n, group in enumerate(_groups(numbers, SIGNS_A_LINE), 1):
        real = speed <= SIGNS_REAL_UP_TO
        wire = Wire(pace, baud=SIGN_BAUD if real else None, half_duplex=real, seed=f"{seed}/signs-{n}")
        signs = Signs(wire, truth=truth, seed=seed)
        for number in group:
            sign = signs.add(number, name=f"sign-{number}")
            if not real:
                sign.turn_round_s = (0.001, 0.003)
        ports[plug(wire, f"signs-{n}", SIGN_BAUD)] = group
    return ports


def _groups(numbers: list[int], size: int) -> list[tuple[int, ...]]:
    return [tuple(numbers[first : first + size]) for first in range(0, len(numbers), size)]
