"""The card: which frames concern it, what it does with them, when it answers."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drivers.emulation.faults import seeded
from drivers.emulation.tap import Tap
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.led.emulator.frames import BROADCAST, Ear, Request, reply
from drivers.led.emulator.picture import Area, Memory, Shown
from drivers.led.emulator.update import Malformed, read_update

_BUSY_S = (0.2, 1.0)
_BOOT_S = 1.0
_HISTORY = 512
_REFUSALS = {"check": 1, "escape": 1, "length": 2, "command": 3, "body": 4}
"""The vendor's list of NACK codes is not published (devices.md §10); these are assumed."""


class Sign:
    """One window's sign; made by `Signs.add` or alone.

    `program` is the text that the card shows by itself after power-on, while no dynamic area is there.
    """

    def __init__(
        self,
        wire: Wire,
        address: int,
        *,
        truth: Truth,
        name: str | None = None,
        program: str = "",
        seed: int | str = 0,
    ) -> None:
        self.address = address
        self.name = name if name is not None else f"sign-{address}"
        self.turn_round_s = (0.005, 0.05)
        """Shortest and longest time from a frame's end to the answer's start."""
        self._program = program
        self._truth = truth
        self._rng: random.Random = seeded("sign", seed, self.name)
        self._ear = Ear(wire.byte_s)
        self._history: deque[Memory] = deque([Memory(wire.clock.now(), program)], maxlen=_HISTORY)
        self._clock_at = (0.0, datetime(2000, 1, 1, tzinfo=UTC))
        self._busy_until = 0.0
        self._commands: dict[bytes, Callable[[bytes, Request], str | None]] = {
            b"\xa2\x00": self._accept,
            b"\xa2\x01": self._reset,
            b"\xa2\x03": self._set_clock,
            b"\xa1\x00": self._accept,
            b"\xa1\x01": self._accept,
            b"\xa1\x02": self._accept,
            b"\xa1\x05": self._write_flash,
            b"\xa1\x06": self._write_flash,
            b"\xa3\x00": self._switch,
            b"\xa3\x02": self._dim,
            b"\xa3\x06": self._update,
            b"\xa3\x10": self._clear,
            b"\xa4\x05": self._accept,
        }
        self.tap = Tap(wire, self._hear, self._forget, wake=self._wake)

    @property
    def level(self) -> int:
        """Brightness, 1 to 16."""
        return self._memory.level

    @property
    def powered(self) -> bool:
        """Whether the host has the display switched on."""
        return self._memory.powered

    @property
    def areas(self) -> tuple[Area, ...]:
        """The dynamic areas in RAM."""
        return self._memory.areas

    def clock(self) -> datetime:
        """What the card's clock says, as hall-local time (its zone here is nominal)."""
        since, told = self._clock_at
        return told + timedelta(seconds=self.tap.now - since)

    def shown(self, at: float | None = None) -> Shown:
        """What is lit at that device second (None: now); earlier moments as far as they are remembered."""
        moment = self.tap.now if at is None else at
        states = [memory for memory in self._history if memory.since <= moment]
        return (states[-1] if states else self._history[0]).shown(moment)

    @property
    def _memory(self) -> Memory:
        return self._history[-1]

    def _forget(self) -> None:
        self._ear.reset()
        self._busy_until = 0.0
        self._history.append(Memory(self.tap.now, self._program, powered=False))

    def _wake(self) -> None:
        self._history.append(Memory(self.tap.now, self._program))

    def _hear(self, data: bytes, at: float) -> None:
        for request in self._ear.feed(data, at):
            if at >= self._busy_until and (request.destination == self.address or request.destination in BROADCAST):
                self._serve(request, at)

    def _serve(self, request: Request, at: float) -> None:
        reason = request.flaw or self._obey(request)
        if reason:
            self._truth.note(self.name, "refused", reason=reason, raw=request.raw)
        wanted = request.data[2:3]
        asked = wanted == b"\x01" or (reason is not None and wanted != b"\x02")
        if not asked or request.destination in BROADCAST:
            return
        raw = reply(self.address, request.source, self._answer(request, reason))
        self._truth.note(self.name, "answered", raw=raw)
        self.tap.say(raw, since=at, after_s=self._rng.uniform(*self.turn_round_s))

    def _answer(self, request: Request, reason: str | None) -> bytes:
        if reason:
            return bytes([0xA0, 0x01, _REFUSALS[reason], 0, 0])
        if request.data[:2] == b"\xa1\x02":
            return b"\xa1\x02\x00\x00\x00" + self._status()
        return bytes([0xA0, 0x00, 0, 0, 0])

    def _obey(self, request: Request) -> str | None:
        """Do it; the reason for refusing it, if any."""
        if len(request.data) < 5:
            return "body"
        obey = self._commands.get(request.data[:2])
        return obey(request.data[5:], request) if obey else "command"

    def _accept(self, _body: bytes, _request: Request) -> None:
        """Ping, status, file system and network commands: nothing that is seen."""

    def _write_flash(self, body: bytes, _request: Request) -> None:
        self._truth.note(self.name, "written", bytes=len(body))
        self._busy_until = self.tap.now + self.turn_round_s[1] + self._rng.uniform(*_BUSY_S)

    def _reset(self, _body: bytes, _request: Request) -> None:
        self._truth.note(self.name, "reset")
        answered = self.tap.now + 2 * self.turn_round_s[1] + self.tap.slow_s
        self.tap.at(answered, lambda: self.tap.reboot(_BOOT_S))

    def _set_clock(self, body: bytes, _request: Request) -> str | None:
        digits = body.hex()
        try:
            told = datetime.strptime(digits[2:4] + digits[0:2] + digits[4:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return "body"
        if len(body) != 8:
            return "body"
        self._clock_at = (self.tap.now, told)
        self._truth.note(self.name, "clock_set", time=told.strftime("%Y-%m-%d %H:%M:%S"))
        return None

    def _switch(self, body: bytes, _request: Request) -> str | None:
        if body not in {b"\x01", b"\x02"}:
            return "body"
        powered = body == b"\x01"
        self._history.append(replace(self._memory, since=self.tap.now, powered=powered))
        self._truth.note(self.name, "switched", on=powered)
        return None

    def _dim(self, body: bytes, _request: Request) -> str | None:
        if len(body) not in {2, 50} or not 1 <= body[1] <= 16:
            return "body"
        self._history.append(replace(self._memory, since=self.tap.now, level=body[1]))
        self._truth.note(self.name, "dimmed", level=body[1])
        return None

    def _clear(self, _body: bytes, _request: Request) -> None:
        self._history.append(replace(self._memory, since=self.tap.now, areas=(), cleared=True))
        self._truth.note(self.name, "cleared")

    def _update(self, body: bytes, _request: Request) -> str | None:
        try:
            update = read_update(body, self.tap.now)
        except Malformed:
            return "body"
        before = {area.id: area for area in self._memory.areas}
        gone = set(before) if update.delete_all else set(before) & update.delete
        kept = {number: area for number, area in before.items() if number not in gone}
        kept |= {area.id: replace(area, lasts_s=self.tap.host_s(area.timeout_s)) for area in update.areas}
        cleared = self._memory.cleared and not update.areas
        self._history.append(replace(self._memory, since=self.tap.now, areas=tuple(kept.values()), cleared=cleared))
        if gone:
            self._truth.note(self.name, "deleted", areas=" ".join(str(number) for number in sorted(gone)))
        for area in update.areas:
            self._truth.note(
                self.name, "updated", area=area.id, text=area.text, run_mode=area.run_mode, timeout_s=area.timeout_s
            )
        return None

    def _status(self) -> bytes:
        """Power, brightness, clock, one program and its name, special area, dynamic areas, barcode, network id."""
        memory = self._memory
        return b"".join(
            [
                bytes([1 if memory.powered else 2, memory.level]),
                self._bcd_clock(),
                b"\x01P000" if self._program else b"\x00    ",
                bytes(2),
                bytes([len(memory.areas), *(area.id for area in memory.areas)]),
                bytes(16),
                bytes(12),
            ]
        )

    def _bcd_clock(self) -> bytes:
        now = self.clock()
        year = f"{now.year:04d}"
        return bytes.fromhex(year[2:] + year[:2] + now.strftime("%m%d%H%M%S") + f"{now.isoweekday():02d}")


class Signs:
    """The signs of one line, spoken of by address."""

    def __init__(self, wire: Wire, *, truth: Truth, seed: int | str = 0) -> None:
        self._wire = wire
        self._truth = truth
        self._seed = seed
        self._signs: dict[int, Sign] = {}

    def add(self, address: int, *, name: str | None = None, program: str = "") -> Sign:
        """One more sign on the line; ValueError where the address is taken."""
        if address in self._signs:
            raise ValueError(f"sign {address}: expected a free address, got one that is taken")
        sign = Sign(self._wire, address, truth=self._truth, name=name, program=program, seed=self._seed)
        self._signs[address] = sign
        return sign

    def at(self, address: int) -> Sign:
        """The sign that was added under the address; KeyError where there is none."""
        return self._signs[address]

    def what_is_shown(self, address: int, at: float | None = None) -> str:
        """The whole text lit on the sign at that device second (None: now); empty while it is blank."""
        return self.at(address).shown(at).text
