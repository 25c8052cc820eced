"""The printer: its receive buffer, its mechanism, its sensors, and what it says about them."""

from __future__ import annotations

import random

from drivers.emulation.faults import seeded
from drivers.emulation.tap import Tap
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.printer.emulator.commands import LINE_DOTS, Answer, Commands, CutPaper, Print, Step
from drivers.printer.emulator.profiles import PAPER_80, Flow, Profile
from drivers.printer.emulator.slip import Cut, Feed, Item, Slip
from drivers.printer.emulator.status import Sensors

_DOTS_A_SECOND = 1200.0
"""150 mm/s at 8 dots a mm (devices.md §1.5)."""
_CUT_S = 0.3
_XON, _XOFF = b"\x11", b"\x13"
_BUSY_AT, _READY_AT = 16, 26
"""Free bytes at which a full buffer holds the line back, and lets it go on."""
_XOFF_AT = 256
_SOON = 1e-9


class Printer:
    """One slip printer; see the package's docstring for its knobs and its truth log."""

    def __init__(
        self,
        wire: Wire,
        *,
        truth: Truth,
        name: str = "printer",
        profile: Profile = PAPER_80,
        flow: Flow = "hardware",
        seed: int | str = 0,
    ) -> None:
        self.name = name
        self.profile = profile
        self.slips: list[Slip] = []
        self.slow = 1.0
        """How many times longer than usual printing takes."""
        self._truth = truth
        self._flow = flow
        self._rng: random.Random = seeded("printer", seed, name)
        self._sensors = Sensors(near_end_sensor=profile.near_end_sensor)
        self._platen: list[Item] = []
        self._dots_left: int | None = None
        self._jam_at_next_cut = False
        self._held = False
        self.tap = Tap(wire, self._hear, self._forget, wake=self._wake)
        self._forget()

    @property
    def on_platen(self) -> list[Item]:
        """What was printed since the last cut."""
        return list(self._platen)

    @property
    def off_line(self) -> bool:
        """Whether it stands still: no paper, open, jammed or too hot."""
        return self._sensors.off_line

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the receive buffer."""
        return len(self._buffer)

    def usb_port_status(self) -> int:
        """The USB class's status byte, which needs no firmware (devices.md §1.2 c)."""
        return self._sensors.port_status()

    def near_end(self) -> None:
        """The roll gets thin."""
        self._set(paper="near end")

    def run_out(self) -> None:
        """The roll is empty, now."""
        self._dots_left = None
        self._set(paper="out")

    def run_out_after(self, lines: int) -> None:
        """The roll is empty after so many more lines of normal height."""
        self._dots_left = lines * LINE_DOTS

    def refill(self) -> None:
        """A new roll."""
        self._dots_left = None
        self._set(paper="ok")

    def open_cover(self) -> None:
        """Someone lifts the lid."""
        self._set(cover_open=True)

    def close_cover(self) -> None:
        """Someone shuts it."""
        self._set(cover_open=False)

    def jam_cutter(self) -> None:
        """The cutter is stuck, now; DLE ENQ 2 or a power cycle frees it."""
        self._set(cutter_jammed=True)

    def jam_at_next_cut(self) -> None:
        """The next cut gets stuck; its slip is not cut off."""
        self._jam_at_next_cut = True

    def overheat(self) -> None:
        """The head is too hot to print; it recovers by itself, at `cool_down`."""
        self._set(head_hot=True)

    def cool_down(self) -> None:
        """The head has cooled."""
        self._set(head_hot=False)

    def set_drawer(self, *, high: bool) -> None:
        """The level of the drawer connector's pin 3."""
        self._set(drawer_high=high)

    def babble(self, count: int) -> None:
        """Send random bytes."""
        self.tap.say(self._rng.randbytes(count))

    def _forget(self) -> None:
        self._buffer = bytearray()
        self._commands = Commands(self.profile)
        self._real_time = bytes(3)
        self._step: Step | None = None
        self._free_at = self._done_at = self._heard_at = 0.0
        self._wakes_at = -1.0
        self._automatic = 0
        self._told = b""
        self._held = False
        self._sensors.cutter_jammed = False

    def _wake(self) -> None:
        if self._flow == "xonxoff":
            self.tap.say(_XON)
        self._control_flow()

    def _set(self, **changes: bool | str) -> None:
        was_off_line = self.off_line
        for sensor, reading in changes.items():
            setattr(self._sensors, sensor, reading)
        self._tell_changes()
        if self.off_line and not was_off_line:
            self._truth.note(self.name, "stopped", why=self._sensors.why())
        elif was_off_line and not self.off_line:
            self._truth.note(self.name, "resumed")
            self._resume()
        self._control_flow()

    def _resume(self) -> None:
        self._free_at = max(self._free_at, self.tap.now)
        if self._step is not None:
            self._done_at = self._free_at + self._duration(self._step)
        self._work()

    def _hear(self, data: bytes, at: float) -> None:
        self._heard_at = at
        data = self._serve_real_time(data, at)
        room = self.profile.buffer - len(self._buffer)
        if self._flow != "hardware" and len(data) > room:
            self._truth.note(self.name, "overrun", bytes=len(data) - room)
            data = data[:room]
        # With hardware flow the bytes of one delivery are those that the line would have held back one by one.
        self._buffer += data
        self._work()

    def _serve_real_time(self, data: bytes, at: float) -> bytes:
        """Answer DLE EOT and obey DLE ENQ the moment they are heard; returns what is still to be printed of `data`."""
        tail, rest = self._real_time, data
        for position, byte in enumerate(data, 1):
            tail = tail[-2:] + bytes([byte])
            if tail[:2] == b"\x10\x04" and (answer := self._sensors.real_time(byte)) is not None:
                self._say(bytes([answer]), at)
            elif tail == b"\x10\x05\x02" and self._recover():
                rest = data[position:]
        self._real_time = tail
        return rest

    def _recover(self) -> bool:
        """DLE ENQ 2: forget what waits, free the cutter; whether there was anything to recover from."""
        if not self._sensors.cutter_jammed:
            return False
        self._truth.note(self.name, "recovered")
        self._buffer.clear()
        self._commands = Commands(self.profile)
        self._step = None
        self._set(cutter_jammed=False)
        return True

    def _work(self) -> None:
        """Do every step whose time has come; wake again at the next one's end."""
        while self.tap.awake and not self.off_line:
            if self._step is None:
                self._step = self._commands.pull(self._buffer)
                if self._step is None:
                    break
                self._done_at = max(self._free_at, self._heard_at) + self._duration(self._step)
            if self._done_at > self.tap.now + _SOON:
                if self._wakes_at != self._done_at:
                    self._wakes_at = self._done_at
                    self.tap.at(self._done_at, self._step_done)
                break
            step, self._step, self._free_at = self._step, None, self._done_at
            self._do(step)
        self._control_flow()

    def _step_done(self) -> None:
        self._wakes_at = -1.0  # a timer may be a hair early: then it is set again
        self._work()

    def _duration(self, step: Step) -> float:
        match step:
            case Print(dots=dots):
                return dots / _DOTS_A_SECOND * self.slow
            case CutPaper(feed_dots=dots):
                return (dots / _DOTS_A_SECOND + _CUT_S) * self.slow
        return 0.0

    def _do(self, step: Step) -> None:
        match step:
            case Print(dots=dots, item=item):
                if item is not None:
                    self._platen.append(item)
                self._use_paper(dots)
            case CutPaper(partial=partial, feed_dots=dots):
                self._cut(dots, partial=partial)
            case Answer(what=what, data=data):
                self._answer(what, data)

    def _use_paper(self, dots: int) -> None:
        if self._dots_left is None:
            return
        self._dots_left -= dots
        if self._dots_left <= 0:
            self.run_out()

    def _cut(self, feed_dots: int, *, partial: bool) -> None:
        if feed_dots:
            self._platen.append(Feed(feed_dots))
            self._use_paper(feed_dots)
        if self._jam_at_next_cut:
            self._jam_at_next_cut = False
            self.jam_cutter()
            return
        if self.profile.has_cutter:
            self._platen.append(Cut(partial or not self.profile.full_cut))
        slip = Slip(len(self.slips) + 1, self._free_at, tuple(self._platen))
        self._platen.clear()
        self.slips.append(slip)
        codes = " ".join(code.data.decode("utf-8", errors="replace") for code in slip.qr_codes)
        self._truth.note(self.name, "printed", slip=slip.number, text=slip.text, qr=codes)

    def _answer(self, what: str, data: bytes) -> None:
        match what:
            case "process" if self.profile.process_id:
                self._say(b"\x37\x22" + data + b"\x00", self._free_at)
            case "id" if data == b"\x43":
                self._say(b"\x5f" + self.profile.model.encode("ascii") + b"\x00", self._free_at)
            case "paper" if data in {b"\x01", b"1"}:
                self._say(bytes([self._sensors.queued_paper()]), self._free_at)
            case "asb":
                self._automatic, self._told = data[0], b""
                self._tell_changes()
            case "pulse":
                self._truth.note(self.name, "pulsed")
            case _:
                self._truth.note(self.name, "passed_over", raw=data)

    def _tell_changes(self) -> None:
        """Automatic status: the four bytes at once when switched on, then at each change that was asked for."""
        now = self._sensors.automatic()
        if self._automatic and (not self._told or self._sensors.changed(self._told, now) & self._automatic):
            self._say(now)
        self._told = now

    def _say(self, data: bytes, since: float | None = None) -> None:
        if self.tap.awake and not self.tap.silent:
            self._truth.note(self.name, "answered", raw=data)
        self.tap.say(data, since=since)

    def _control_flow(self) -> None:
        """Hold the line back while there is no room."""
        free = self.profile.buffer - len(self._buffer)
        busy = self.profile.busy_off_line and self.off_line
        stop_at, go_on_at = _BUSY_AT, _READY_AT
        if self._flow == "xonxoff":  # a program's adapter sends on for a moment
            stop_at, go_on_at = _XOFF_AT, 2 * _XOFF_AT
        if not self._held and (busy or free <= stop_at):
            self._hold(held=True)
        elif self._held and not busy and free >= go_on_at:
            self._hold(held=False)

    def _hold(self, *, held: bool) -> None:
        self._held = held
        if self._flow == "hardware":
            self.tap.hold(held=held)
        elif self._flow == "xonxoff":
            self.tap.say(_XOFF if held else _XON, since=self._heard_at if held else None)
