"""FF68: 21-key caller pad and 4-key evaluator on one RS-485 or RS-232 line, 9600 8N1.

Source: JackQChen/QueueSystem, CallSystem/CallSystem/frmMain.cs (MIT), in use in government halls.

    FF 68  L  L  68  addr func data…  cs  16
           └──┘      └─────L────┘     │
     twice, 2..8                     (addr + func + data) mod 256

    pad → host         func any but 11 (01 by analogy)   data: digits pressed before, then a key
                       0B finish and evaluate, 0C call, 0D recall, 0E cancel, 0F OK (06 0F miss, 00 0F hold,
                       03 0F take back), 11 one-metre line, 12 pause, 13 transfer
    evaluator → host   func 11, data: the rating key 00..03
    host → device      acknowledgement: a pad's frame whole, a rating's with func 01
                       func 01 data 0B: start evaluation;  func 02 one digit 1..5: star lamps
                       func 02 six digits: waiting count and ticket on the pad, 0A blank;  func 03: beep

Devices talk unasked. No frame has a number, so a resent one looks like a second press: each is an event here, and what
to make of it is for whoever stores it.

Known limits: the check sum finds every single wrong byte, not every two. The source never looks at a pad's func, so
neither does this: every whole frame that is no rating counts as a pad's, known key or not, since a press that means
nothing here may mean something to whoever looks later. Lengths above 8 are noise: no device has them, and to wait for
their end would hold up the presses behind. A host frame `01 0B` looks exactly like a pad's finish key: where the
adapter brings back what is sent, say `local_echo`. No command ends an evaluation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from drivers.checks import sum8
from drivers.events import BadFrame
from drivers.keypad import PadKey, RatingKey
from drivers.registry import Driver, opener

Event = RatingKey | PadKey | BadFrame

LEAD, END = b"\xff\x68", 0x16
START = 0x68
LENGTHS = range(2, 9)  # host's beep has 2, its display 8; devices are known to send 3 to 5 (the source refuses more)
OVERHEAD = 7  # FF 68 L L 68 … cs 16

FUNC_ACK = FUNC_ARM = 0x01
FUNC_SHOW = FUNC_STARS = 0x02
FUNC_BEEP = 0x03
FUNC_RATING = 0x11

KEY_FINISH = 0x0B
PAD_KEYS = frozenset({KEY_FINISH, 0x0C, 0x0D, 0x0E, 0x0F, 0x11, 0x12, 0x13})
BLANK = 0x0A
_MOST_DIGITS = 2  # before a key; with it the source's longest frame, L = 5

NOISE_PIECE = 64
"""Bytes of noise told as one BadFrame."""


@dataclass(slots=True)
class Echo:
    """A frame of ours that the adapter will bring back, until that monotonic second."""

    frame: bytes
    until: float = inf


class Decoder:
    """Bytes in, events out, in whatever pieces they come; the events don't depend on the pieces.

    Holds at most one frame and one piece of noise. `char_s` is the seconds a character takes, 0 if not known.
    """

    def __init__(self, char_s: float = 0.0) -> None:
        self._char_s = char_s
        self._buffer = bytearray()
        self._noise = bytearray()
        self._reason = ""
        self._echoes: list[Echo] = []
        self.passed_over = 0
        """Echoes of ours so far."""

    def feed(self, data: bytes, at: float) -> list[Event]:
        """Take the bytes that were read at monotonic second `at`."""
        self._buffer += data
        return list(self._events(at, more_comes=True))

    def silent(self, at: float) -> list[Event]:
        """Learn that the line fell silent: what is not whole by now never will be."""
        events = list(self._events(at, more_comes=False))
        events += self._told_noise()
        return events

    def expect_echo(self, frame: bytes, at: float) -> Echo:
        """Pass over this frame once, from monotonic second `at` until the returned note's `until`."""
        self._forget_echoes(at)
        echo = Echo(frame)
        self._echoes.append(echo)
        return echo

    def _events(self, at: float, *, more_comes: bool) -> Iterator[Event]:
        buffer, start = self._buffer, 0
        while start < len(buffer):
            length, reason = _judge(buffer, start)
            if not length and more_comes:
                break
            if length and not reason:
                yield from self._told_noise()
                yield from self._whole(bytes(buffer[start : start + length]), at)
                start += length
            else:
                end = _next_start(buffer, start, length)
                yield from self._spoilt(bytes(buffer[start:end]), reason or "cut off: the line fell silent")
                if length > 1:  # it looked like a frame up to its end: told by itself
                    yield from self._told_noise()
                start = end
        del buffer[:start]

    def _whole(self, frame: bytes, at: float) -> Iterator[Event]:
        if self._echoes and self._is_echo(frame, at):
            return
        address, func, data = frame[5], frame[6], frame[7:-2]
        if func == FUNC_RATING and len(data) == 1:
            yield RatingKey(address, data[0], frame, at, uncertainty_s=len(frame) * self._char_s)
        else:  # of an evaluator's only `raw` tells what it held
            yield PadKey(address, b"" if func == FUNC_RATING else data, frame, at)

    def _is_echo(self, frame: bytes, at: float) -> bool:
        self._forget_echoes(at)
        for echo in self._echoes:
            if echo.frame == frame:
                self._echoes.remove(echo)
                self.passed_over += 1
                return True
        return False

    def _forget_echoes(self, at: float) -> None:
        self._echoes = [echo for echo in self._echoes if echo.until >= at]

    def _spoilt(self, data: bytes, reason: str) -> Iterator[BadFrame]:
        self._reason = self._reason or reason
        self._noise += data
        while len(self._noise) >= NOISE_PIECE:
            yield BadFrame(bytes(self._noise[:NOISE_PIECE]), self._reason)
            del self._noise[:NOISE_PIECE]

    def _told_noise(self) -> Iterator[BadFrame]:
        if self._noise:
            yield BadFrame(bytes(self._noise), self._reason)
        self._noise.clear()
        self._reason = ""


def _judge(buffer: bytearray, start: int) -> tuple[int, str]:
    """How many bytes from `start` are a frame, or (with a reason) are none; 0 while that can't be told yet."""
    have = len(buffer) - start
    if buffer[start] != LEAD[0] or (have > 1 and buffer[start + 1] != LEAD[1]):
        got = buffer[start : start + 2] if buffer[start] == LEAD[0] else buffer[start : start + 1]
        return 1, f"expected FF 68, got {got.hex(' ').upper()}"
    if have > 2 and buffer[start + 2] not in LENGTHS:
        return 1, f"expected a length from {LENGTHS[0]} to {LENGTHS[-1]}, got {buffer[start + 2]}"
    if have > 3 and buffer[start + 3] != buffer[start + 2]:
        return 1, f"expected the length twice, got {buffer[start + 2]} and {buffer[start + 3]}"
    if have > 4 and buffer[start + 4] != START:
        return 1, f"expected 68 after the lengths, got {buffer[start + 4]:02X}"
    if have < OVERHEAD or have < OVERHEAD + buffer[start + 2]:
        return 0, ""
    return _judge_end(buffer, start, OVERHEAD + buffer[start + 2])


def _judge_end(buffer: bytearray, start: int, length: int) -> tuple[int, str]:
    check, end = buffer[start + length - 2], buffer[start + length - 1]
    expected = sum8(bytes(buffer[start + 5 : start + length - 2]))
    if check != expected:
        return length, f"expected check sum {expected:02X}, got {check:02X}"
    if end != END:
        return length, f"expected 16 at the end, got {end:02X}"
    return length, ""


def _next_start(buffer: bytearray, start: int, length: int) -> int:
    """Where the next frame may begin, behind a spoilt one at `start`; inside it too, if it was a whole one."""
    limit = start + length if length > 1 else len(buffer)
    found = buffer.find(LEAD[0], start + 1, limit)
    return limit if found < 0 else found


def may_be_pads(frame: bytes) -> bool:
    """Whether a frame of the host's looks like a pad's key: then its echo can't be told from a press."""
    data = frame[7:-2]
    return 1 <= len(data) <= _MOST_DIGITS + 1 and data[-1] in PAD_KEYS and all(digit <= 9 for digit in data[:-1])


def frame(address: int, func: int, data: bytes = b"") -> bytes:
    """Build a frame."""
    body = bytes((address, func)) + data
    length = len(body)
    return LEAD + bytes((length, length, START)) + body + bytes((sum8(body), END))


def acknowledgement(event: RatingKey | PadKey) -> bytes:
    """What tells the device that it need not send this frame again."""
    if isinstance(event, RatingKey):
        return frame(event.address, FUNC_ACK, bytes((event.key,)))
    return event.raw


def arm(address: int) -> bytes:
    """Start evaluation."""
    return frame(address, FUNC_ARM, bytes((KEY_FINISH,)))


def show(address: int, waiting: int | None, ticket: str | None) -> bytes:
    """Waiting count left, the ticket's last three digits right; None leaves its half blank."""
    return frame(address, FUNC_SHOW, _count(waiting) + _digits(ticket))


def beep(address: int) -> bytes:
    """One beep."""
    return frame(address, FUNC_BEEP)


def stars(address: int, count: int) -> bytes:
    """Star lamps, 1 to 5."""
    if count not in range(1, 6):
        raise ValueError(f"expected 1 to 5 stars, got {count}")
    return frame(address, FUNC_STARS, bytes((count,)))


def _count(waiting: int | None) -> bytes:
    return bytes((BLANK,) * 3) if waiting is None else _digits(f"{min(max(waiting, 0), 999):03}")  # 999 as the source


def _digits(text: str | None) -> bytes:
    digits = [int(char) for char in text or "" if char in "0123456789"][-3:]
    return bytes([BLANK] * (3 - len(digits)) + digits)


DRIVER = Driver(
    name="keypad.ff68",
    family="keypad",
    open=opener("drivers.keypad.driver:open_session"),
    options={
        "local_echo": "适配器会回送主机所发 true, false (默认) / whether the RS-485 adapter brings back what is sent",
        "gap_ms": "静默多少毫秒即弃残帧, 5–2000, 默认 100 / silence that ends a frame cut short",
    },
    # The source's Service/Model/BEvaluateModel.cs: key 0 不满意, 1 默认, 2 满意, 3 非常满意
    levels={0: 2, 1: 3, 2: 4, 3: 5},
    speaks_unasked=True,
)
