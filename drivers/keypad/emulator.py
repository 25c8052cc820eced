"""FF68 caller pads and evaluators, the devices' side of the wire (devices.md §3.1).

    FF 68 L L 68 addr func data[L-2] cs 16      cs = (addr + func + sum of data) mod 256

`Keypad` is what stands on one counter: a caller pad of 21 keys for the clerk and an evaluator of 4 keys for the
citizen, on one address. `Keypads` is a line of them. Nobody asks them: a key press is sent at once and repeated until
the host's acknowledgement has arrived byte for byte (keys: the same frame; ratings: the same frame with func 01).

Knobs: `press(…, bounce=True)`, `stick(key)` and `release()`, `address` (set it wrong), two pads on one address (add the
address twice), `swallows_unarmed`, and those of `tap`: `off() on() reboot() silent slow_s`.

Truth log: pressed {press, key, armed, dead}; keyed {press, keys, dead}; sent {press, raw, attempt} (attempt 0 is a
bounce); acked {press, raw, attempt}; unacked {press}; swallowed {press}; dropped {press}; armed {by}; disarmed {why};
shown {waiting, ticket}; beeped; starred {stars}.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

from drivers.emulation.faults import seeded
from drivers.emulation.tap import Tap
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire

CALL, RECALL, EVALUATE, CANCEL = (0x0C,), (0x0D,), (0x0B,), (0x0E,)
GIVE_UP, HANG, CALL_BACK = (0x06, 0x0F), (0x00, 0x0F), (0x03, 0x0F)
ONE_METRE, WAIT, TRANSFER = (0x11,), (0x12,), (0x13,)
"""What the clerk's keys send (devices.md §3.1); a digit and OK make two bytes."""

_KEY, _SHOW, _BEEP, _RATING = 0x01, 0x02, 0x03, 0x11
_BLANK = 0x0A
_START, _MIDDLE, _END = 0xFF, 0x68, 0x16
_LONGEST = 64
_GAP_S = 0.05
"""A frame whose next byte takes longer is given up."""
_REPEATS, _REPEAT_S = 3, 0.2
"""Real retransmission timing is not published (devices.md §10); these are assumed."""
_KEPT_PRESSES = 8
_STUCK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Frame:
    address: int
    func: int
    data: bytes

    @property
    def raw(self) -> bytes:
        body = bytes([self.address, self.func]) + self.data
        return bytes([_START, _MIDDLE, len(body), len(body), _MIDDLE, *body, sum(body) & 0xFF, _END])


@dataclass(slots=True)
class _Outgoing:
    """A key press that waits for its acknowledgement."""

    press: int
    frame: _Frame
    ack: _Frame
    attempt: int = 0


class Keypad:
    """One counter's pad and evaluator; made by `Keypads.add` or alone.

    `armed_s` is how long an evaluation stays open (8 to 60 s by the device's menu). `swallows_unarmed` is a device that
    drops presses nobody invited; the real one sends them.
    """

    def __init__(
        self,
        wire: Wire,
        address: int,
        *,
        truth: Truth,
        name: str | None = None,
        armed_s: float = 20.0,
        swallows_unarmed: bool = False,
        seed: int | str = 0,
    ) -> None:
        self.address = address
        self.name = name if name is not None else f"keypad-{address}"
        self.tap = Tap(wire, self._hear, self._forget)
        self.armed_s = armed_s
        self.swallows_unarmed = swallows_unarmed
        self.beeps = 0
        self._truth = truth
        self._rng: random.Random = seeded("keypad", seed, self.name)
        self._ear = _Ear(wire.byte_s)
        self._presses = 0
        self._stuck = 0
        self._forget()

    @property
    def armed(self) -> bool:
        """Whether an evaluation is open."""
        return self.tap.now < self._armed_until

    @property
    def unacknowledged(self) -> int:
        """Key presses that wait for the host's acknowledgement."""
        return len(self._outgoing)

    @property
    def waiting(self) -> str:
        """The three left digits of the display, blanks as spaces: how many wait."""
        return self._digits[:3]

    @property
    def ticket(self) -> str:
        """The three right digits of the display: the ticket being served."""
        return self._digits[3:]

    @property
    def stars(self) -> int:
        """Star lamps lit on the evaluator."""
        return self._stars

    def press(self, key: int, *, bounce: bool = False) -> int:
        """A citizen presses evaluator key 0..3; returns the press's number, counted from 1.

        A bouncing contact sends a second frame 30–80 ms later.
        """
        number = self._next_number()
        armed = self.armed
        self._truth.note(self.name, "pressed", press=number, key=key, armed=armed, dead=not self.tap.awake)
        if not self.tap.awake:
            return number
        if armed:
            self._disarm("rated")
        elif self.swallows_unarmed:
            self._truth.note(self.name, "swallowed", press=number)
            return number
        frame = _Frame(self.address, _RATING, bytes([key]))
        self._queue(_Outgoing(number, frame, _Frame(self.address, _KEY, bytes([key]))))
        if bounce:
            self.tap.at(self.tap.now + self._rng.uniform(0.03, 0.08), lambda: self._transmit(number, frame, 0))
        return number

    def pad(self, keys: tuple[int, ...], *, bounce: bool = False) -> int:
        """The clerk presses a key of the pad, such as `CALL`; returns the press's number."""
        number = self._next_number()
        self._truth.note(self.name, "keyed", press=number, keys=bytes(keys), dead=not self.tap.awake)
        if not self.tap.awake:
            return number
        if keys == EVALUATE:
            self._arm("pad")
        frame = _Frame(self.address, _KEY, bytes(keys))
        self._queue(_Outgoing(number, frame, frame))
        if bounce:
            self.tap.at(self.tap.now + self._rng.uniform(0.03, 0.08), lambda: self._transmit(number, frame, 0))
        return number

    def stick(self, key: int) -> None:
        """An evaluator key stays down: it presses itself again and again until `release`."""
        self._stuck += 1
        self._repeat_stuck(key, self._stuck)

    def release(self) -> None:
        """The stuck key comes up."""
        self._stuck += 1

    def _repeat_stuck(self, key: int, since: int) -> None:
        if since == self._stuck:
            self.press(key)
            self.tap.at(self.tap.now + _STUCK_EVERY_S, lambda: self._repeat_stuck(key, since))

    def _next_number(self) -> int:
        self._presses += 1
        return self._presses

    def _forget(self) -> None:
        self._outgoing: deque[_Outgoing] = deque()
        self._armed_until = 0.0
        self._armings = 0
        self._digits = " " * 6
        self._stars = 0
        self._ear.reset()

    def _arm(self, by: str) -> None:
        self._armed_until = self.tap.now + self.armed_s
        self._armings += 1
        mine = self._armings
        self._truth.note(self.name, "armed", by=by)
        self.tap.at(self._armed_until, lambda: self._disarm("timeout") if mine == self._armings else None)

    def _disarm(self, why: str) -> None:
        self._armed_until = 0.0
        self._armings += 1
        self._truth.note(self.name, "disarmed", why=why)

    def _queue(self, outgoing: _Outgoing) -> None:
        if len(self._outgoing) >= _KEPT_PRESSES:
            self._truth.note(self.name, "dropped", press=outgoing.press)
            return
        self._outgoing.append(outgoing)
        if len(self._outgoing) == 1:
            self._attempt(outgoing)

    def _attempt(self, outgoing: _Outgoing) -> None:
        outgoing.attempt += 1
        attempt = outgoing.attempt
        self._transmit(outgoing.press, outgoing.frame, attempt)
        # Pads that collided must not collide again: no two clocks run alike.
        wait_s = self.tap.patience(_REPEAT_S) * self._rng.uniform(0.85, 1.15)
        sent = self.tap.now + self.tap.slow_s + self.tap.wire_time(len(outgoing.frame.raw))
        self.tap.at(sent + wait_s, lambda: self._give_up_or_repeat(outgoing, attempt))

    def _transmit(self, press: int, frame: _Frame, attempt: int) -> None:
        self._truth.note(self.name, "sent", press=press, raw=frame.raw, attempt=attempt)
        self.tap.say(frame.raw)

    def _give_up_or_repeat(self, outgoing: _Outgoing, attempt: int) -> None:
        if not self._outgoing or self._outgoing[0] is not outgoing or outgoing.attempt != attempt:
            return
        if attempt <= _REPEATS:
            self._attempt(outgoing)
            return
        self._truth.note(self.name, "unacked", press=outgoing.press)
        self._next_outgoing()

    def _next_outgoing(self) -> None:
        self._outgoing.popleft()
        if self._outgoing:
            self._attempt(self._outgoing[0])

    def _hear(self, data: bytes, at: float) -> None:
        for frame in self._ear.feed(data, at):
            if frame.address == self.address:
                self._obey(frame)

    def _obey(self, frame: _Frame) -> None:
        waits = self._outgoing[0] if self._outgoing else None
        if waits is not None and frame == waits.ack:
            self._truth.note(self.name, "acked", press=waits.press, raw=frame.raw, attempt=waits.attempt)
            self._next_outgoing()
        elif frame.func == _KEY and frame.data == bytes(EVALUATE):
            self._arm("host")
        elif frame.func == _SHOW:
            self._show(frame.data)
        elif frame.func == _BEEP and not frame.data:
            self.beeps += 1
            self._truth.note(self.name, "beeped")

    def _show(self, data: bytes) -> None:
        if len(data) == 6 and max(data) <= _BLANK:
            self._digits = "".join(" " if digit == _BLANK else str(digit) for digit in data)
            self._truth.note(self.name, "shown", waiting=self.waiting, ticket=self.ticket)
        elif len(data) == 1 and 1 <= data[0] <= 5:
            self._stars = data[0]
            self._truth.note(self.name, "starred", stars=self._stars)


class Keypads:
    """The pads of one line, spoken of by address; an address added twice is two devices with one address."""

    def __init__(self, wire: Wire, *, truth: Truth, seed: int | str = 0) -> None:
        self._wire = wire
        self._truth = truth
        self._seed = seed
        self._pads: dict[int, list[Keypad]] = {}

    def add(
        self, address: int, *, name: str | None = None, armed_s: float = 20.0, swallows_unarmed: bool = False
    ) -> Keypad:
        """One more pad on the line."""
        twins = self._pads.setdefault(address, [])
        default = f"keypad-{address}" + f".{len(twins) + 1}" * bool(twins)
        pad = Keypad(
            self._wire,
            address,
            truth=self._truth,
            name=name or default,
            armed_s=armed_s,
            swallows_unarmed=swallows_unarmed,
            seed=self._seed,
        )
        twins.append(pad)
        return pad

    def at(self, address: int) -> Keypad:
        """The pad added first under the address; KeyError where there is none."""
        return self._pads[address][0]

    def press(self, address: int, key: int, *, bounce: bool = False) -> int:
        """A citizen presses; see `Keypad.press`."""
        return self.at(address).press(key, bounce=bounce)

    def pad(self, address: int, keys: tuple[int, ...], *, bounce: bool = False) -> int:
        """The clerk presses; see `Keypad.pad`."""
        return self.at(address).pad(keys, bounce=bounce)


class _Ear:
    """Finds whole, correct frames in what is on the wire; anything else is passed over, as the device does."""

    def __init__(self, byte_s: float) -> None:
        self._byte_s = byte_s
        self._heard = bytearray()
        self._last_at = 0.0

    def reset(self) -> None:
        self._heard.clear()

    def feed(self, data: bytes, at: float) -> list[_Frame]:
        """`at` is the moment at which the last byte ended."""
        if at - len(data) * self._byte_s - self._last_at > _GAP_S:
            self._heard.clear()
        self._last_at = at
        self._heard += data
        frames: list[_Frame] = []
        while self._heard and (used := self._look(frames)):
            del self._heard[:used]
        return frames

    def _look(self, frames: list[_Frame]) -> int:
        """How many bytes are done with: a frame, or one that can't begin one; 0 waits for more."""
        heard = self._heard
        if not _may_begin_frame(heard):
            return 1
        if len(heard) < 5 or len(heard) < heard[2] + 7:
            return 0
        end = heard[2] + 5
        body = bytes(heard[5:end])
        if heard[end] != sum(body) & 0xFF or heard[end + 1] != _END:
            return 1
        frames.append(_Frame(body[0], body[1], body[2:]))
        return end + 2


def _may_begin_frame(heard: bytearray) -> bool:
    """Whether the first bytes, as far as they are there, are FF 68 L L 68."""
    length = heard[2] if len(heard) > 2 else 2
    return 2 <= length <= _LONGEST and heard[:5] == bytes([_START, _MIDDLE, length, length, _MIDDLE])[: len(heard)]
