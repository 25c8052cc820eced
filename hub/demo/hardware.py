"""The demo's devices: emulators on ptys under stable paths, to which the hub's real drivers connect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

PATIENCE_S: Final = 5.0
"""Real seconds: the hub's disk does not run faster with the hall, and a resend would come minutes of the hall later."""
REAL_WIRES_UP_TO: Final = 3.0
"""Up to this speed bytes take their time on the wire and spoil each other. Above it a frame is shorter than a turn of
the event loop, in which everything seems to happen at once: there frames are carried whole."""
HUB_BAUDS_UP_TO: Final = 60.0
"""Up to this speed the hub's lines are set as usual. The hub paces what it sends by that, in real time; above it the
lines are set faster."""
KEPT: Final = 100_000
"""Happenings kept until they are collected: some hours of the largest hall."""


@dataclass(frozen=True, slots=True)
class _Bauds:
    """How fast the hub's lines are set."""

    pads: int
    signs: int
    printer: int


_USUAL: Final = _Bauds(pads=9600, signs=57600, printer=115200)  # devices.md §3.1, §2.1, §1.3
_FAST: Final = _Bauds(pads=115200, signs=115200, printer=921600)


@dataclass(slots=True)
class Hardware:
    """All devices of the hall; a window's number is its address on its lines."""

    ports: Ports
    truth: Truth
    _plugs: list[PtyPort]
    _pads: dict[int, Keypad]
    _printers: list[Printer]

    def press(self, window: int, key: int, *, bounce: bool = False) -> int:
        """A finger presses an evaluator key; the press's number on that keypad."""
        return self._pads[window].press(key, bounce=bounce)

    def key(self, window: int, keys: tuple[int, ...]) -> int:
        """The clerk presses a key of the pad."""
        return self._pads[window].pad(keys)

    @property
    def busy(self) -> bool:
        """Whether any press waits for its acknowledgement, or any paper is still in a printer."""
        printing = any(printer.waiting_bytes or printer.on_platen for printer in self._printers)
        return printing or any(pad.unacknowledged for pad in self._pads.values())

    @property
    def overruns(self) -> int:
        """Bytes that no program took off a port in time."""
        return sum(plug.overruns for plug in self._plugs)


def pads_name(window: int) -> str:
    """What a window's keypad is called in the truth log."""
    return f"pad-{window}"


@contextmanager
def plugged(town: Town, folder: Path, *, speed: float, seed: int) -> Iterator[Hardware]:
    """Plug the hall's devices in under `folder`, and pull them all out in the end."""
    bench = _Bench(folder, speed, seed)
    try:
        numbers = [window.number for window in town.windows]
        ports = Ports(bench.pads(numbers), bench.signs(numbers), bench.printers(town.kiosks))
        yield Hardware(ports, bench.truth, bench.plugs, bench.keypads, bench.emulated_printers)
    finally:
        for plug in bench.plugs:
            plug.unplug()


class _Bench:
    """Where the devices are put together."""

    def __init__(self, folder: Path, speed: float, seed: int) -> None:
        self.plugs: list[PtyPort] = []
        self.keypads: dict[int, Keypad] = {}
        self.emulated_printers: list[Printer] = []
        self._pace = Pace(speed, patience_s=PATIENCE_S if speed > REAL_WIRES_UP_TO else 0.0)
        self.truth = Truth(self._pace, keep=KEPT)
        self._folder = folder
        self._real = speed <= REAL_WIRES_UP_TO
        self._bauds = _USUAL if speed <= HUB_BAUDS_UP_TO else _FAST
        self._seed = seed

    def pads(self, numbers: list[int]) -> dict[str, tuple[int, ...]]:
        """Keypads on two lines or more."""
        ports: dict[str, tuple[int, ...]] = {}
        for n, group in enumerate(_groups(numbers, min(PADS_A_LINE, -(-len(numbers) // 2))), 1):
            wire = self._wire(self._pace, self._bauds.pads, f"pads-{n}")
            line = Keypads(wire, truth=self.truth, seed=self._seed)
            self.keypads |= {number: line.add(number, name=pads_name(number)) for number in group}
            ports[self._plug(wire, f"pads-{n}", self._bauds.pads)] = group
        return ports

    def signs(self, numbers: list[int]) -> dict[str, tuple[int, ...]]:
        """Signs run on real time: the hub keeps their texts alive by its own clock, which knows no simulation."""
        pace = Pace()
        ports: dict[str, tuple[int, ...]] = {}
        for n, group in enumerate(_groups(numbers, SIGNS_A_LINE), 1):
            wire = self._wire(pace, self._bauds.signs, f"signs-{n}")
            signs = Signs(wire, truth=Truth(pace, keep=0), seed=self._seed)
            for number in group:
                sign = signs.add(number, name=f"sign-{number}")
                sign.turn_round_s = sign.turn_round_s if self._real else (0.001, 0.003)
            ports[self._plug(wire, f"signs-{n}", self._bauds.signs)] = group
        return ports

    def printers(self, kiosks: tuple[str, ...]) -> dict[str, str]:
        """A printer for each kiosk."""
        ports: dict[str, str] = {}
        for kiosk in kiosks:
            name = f"printer-{kiosk}"
            wire = self._wire(self._pace, self._bauds.printer, name, half_duplex=False)
            printer = Printer(wire, truth=self.truth, name=name, profile=PAPER_80, seed=self._seed)
            self.emulated_printers.append(printer)
            ports[kiosk] = self._plug(wire, name, self._bauds.printer)
        return ports

    def _wire(self, pace: Pace, baud: int, name: str, *, half_duplex: bool = True) -> Wire:
        return Wire(
            pace,
            baud=baud if self._real else None,
            half_duplex=half_duplex and self._real,
            seed=f"{self._seed}/{name}",
        )

    def _plug(self, wire: Wire, name: str, baud: int) -> str:
        """Lead a port to the wire; its URL."""
        path = self._folder / name
        self.plugs.append(PtyPort(wire, path))
        self.plugs[-1].plug()
        return f"serial://{quote(str(path))}?baud={baud}"


def _groups(numbers: list[int], size: int) -> list[tuple[int, ...]]:
    return [tuple(numbers[first : first + size]) for first in range(0, len(numbers), size)]
