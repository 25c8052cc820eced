"""A line's Onbon signs, each at its screen address: shown, acknowledged, watched and kept alive."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import isawaitable

from drivers.errors import BadOption
from drivers.events import BadFrame, Chunk
from drivers.led import SignError, SignRefused, SignSilent, SignText
from drivers.led.layout import Panel, area
from drivers.led.manners import Clocks, Manners
from drivers.led.protocols import onbon
from drivers.led.protocols.onbon import Nack, Reply, Status
from drivers.led.protocols.onbon_frame import OWN_ADDRESS, Decoder, Frame, encode
from drivers.line import Line, Priority
from drivers.registry import DeviceState, Health, Sink

TRIES = 3
PING_S = 1.0  # with two tries of a ping, an unplugged sign is known within 3 s
STATUS_S = 5.0  # finds a sign that lost power for less than a ping
SILENT_S = 2.5  # with nothing heard from any sign for so long, the line is taken for dead
BACK_OFF_S = 4.0  # the longest rest between pings to a dead sign, so that it does not slow down the living
REFUSED_S = 5.0  # before content that the card refused is tried again
TICK_S = 0.25
PAUSE_S = 0.2  # before asking a busy card again
REPLY_BYTES = {True: 100, False: 40}  # a status and an acknowledgement, with escapes
RETRIED = frozenset({onbon.ERR_BUSY, onbon.ERR_CHECKSUM})


@dataclass(slots=True)
class _Window:
    """One card and what it should show; `None` wanted is a blank sign."""

    address: int
    brightness: int | None
    wanted: SignText | None = None
    version: int = 0
    """Grows with each thing wanted; 0: the hub has said nothing yet."""
    sent: int = 0
    acknowledged: int = 0
    shown_at: float = 0.0
    refused: str = ""
    retry_at: float = 0.0
    dark: bool = False
    answers: bool = False
    misses: int = 0
    heard_at: float = 0.0
    next_try: float = 0.0
    clock_due: float = 0.0
    status_due: float = 0.0
    brightness_set: bool = False
    knows_status: bool = True
    unanswered_status: int = 0
    reply: Reply | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class SignSession:
    """Implements `drivers.led.Sign` and `drivers.registry.Session`."""

    def __init__(
        self,
        line: Line,
        sink: Sink,
        addresses: tuple[int, ...],
        panel: Panel,
        manners: Manners | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self._line = line
        self._sink = sink
        self._panel = panel
        self._manners = manners or Manners()
        self._clocks = clocks or Clocks()
        self._windows = {address: _Window(address, self._manners.brightness) for address in addresses}
        self._decoder = Decoder()
        self._noise: deque[BadFrame] = deque(maxlen=32)
        self._heard_at = self._clocks.monotonic()
        self._health = Health("unknown", self._heard_at, "尚无应答")
        self._deaf = line.listen(self._receive)

    # ---- drivers.led.Sign

    async def show(self, address: int, content: SignText) -> None:
        """Put text into the window's area; SignRefused or SignSilent where that fails."""
        await self._want(self._window(address), content)

    async def clear(self, address: int) -> None:
        """Blank the sign."""
        await self._want(self._window(address), None)

    async def ping(self, address: int) -> bool:
        """Whether the sign answers."""
        window = self._window(address)
        async with window.lock:
            return await self._ask(window, onbon.ping) is not None

    async def set_brightness(self, address: int, level: int) -> None:
        """Level 1 (dark) to 16; ValueError for others. It is set again whenever the sign comes up."""
        onbon.brightness(_card_level(level))
        window = self._window(address)
        window.brightness, window.brightness_set = level, False
        async with window.lock:
            await self._set_brightness(window, level)

    # ---- drivers.registry.Session

    async def run(self) -> None:
        """Work until cancelled or the line is lost (LinkLost)."""
        try:
            while True:
                for window in self._windows.values():
                    await self._tend(window)
                self._settle()
                while self._noise:
                    told = self._sink(self._noise.popleft())
                    if isawaitable(told):
                        await told
                await self._clocks.sleep(TICK_S)
        finally:
            self._deaf()

    def health(self) -> Health:
        """The state now; `unknown` while no sign answers, `degraded` while some do or one is not as it should be."""
        self._settle()
        return self._health

    # ---- showing

    async def _want(self, window: _Window, content: SignText | None) -> None:
        window.wanted = content
        window.version += 1
        mine = window.version
        async with window.lock:
            if window.acknowledged < mine:  # else newer content, sent meanwhile, stands on the sign
                await self._put(window)

    async def _put(self, window: _Window, priority: Priority = Priority.SIGN) -> None:
        def newest() -> bytes:
            window.sent = window.version
            if window.wanted is None:
                return onbon.clear_screen()
            return onbon.update_areas([area(window.wanted, self._panel)])

        reply = await self._ask(window, newest, priority=priority)
        window.refused = reply.name if isinstance(reply, Nack) else ""
        window.retry_at = self._clocks.monotonic() + REFUSED_S
        _raise_failure(window, reply)
        window.acknowledged = window.sent
        window.shown_at = self._clocks.monotonic()

    async def _set_brightness(self, window: _Window, level: int) -> None:
        reply = await self._ask(window, lambda: onbon.brightness(_card_level(level)))
        window.brightness_set = reply is not None
        _raise_failure(window, reply)

    # ---- watching

    async def _tend(self, window: _Window) -> None:
        """Do what is due for a sign, unless somebody is talking to it."""
        if window.lock.locked():
            return
        async with window.lock:
            try:
                if not window.answers or window.misses:
                    await self._greet(window)
                if window.answers:
                    await self._keep(window)
            except SignError:
                pass  # the window's own fields say so, and health shows them

    async def _greet(self, window: _Window) -> None:
        if self._clocks.monotonic() >= window.next_try:
            await self._ask(window, onbon.ping, tries=1, priority=Priority.POLL)

    async def _keep(self, window: _Window) -> None:
        for care in (self._keep_text, self._keep_clock, self._keep_brightness, self._keep_status, self._keep_heard):
            await care(window, self._clocks.monotonic())
            if window.misses:
                return

    async def _keep_text(self, window: _Window, now: float) -> None:
        if window.acknowledged < window.version:
            if now >= window.retry_at:
                await self._put(window)
        elif window.wanted is not None and now >= window.shown_at + self._timeout_s(window.wanted) / 2:
            await self._put(window, Priority.POLL)

    async def _keep_clock(self, window: _Window, now: float) -> None:
        def local_time() -> bytes:
            utc = datetime(*self._clocks.utc()[:6], tzinfo=UTC)
            return onbon.set_clock(utc.astimezone(self._manners.zone))

        if now >= window.clock_due and await self._ask(window, local_time, priority=Priority.POLL) is not None:
            window.clock_due = now + self._manners.clock_every_s

    async def _keep_brightness(self, window: _Window, _: float) -> None:
        if window.brightness is not None and not window.brightness_set:
            await self._set_brightness(window, window.brightness)

    async def _keep_status(self, window: _Window, now: float) -> None:
        if window.knows_status and now >= window.status_due:
            await self._check_status(window)

    async def _keep_heard(self, window: _Window, now: float) -> None:
        if now >= window.heard_at + PING_S:
            await self._ask(window, onbon.ping, tries=1, priority=Priority.POLL)

    async def _check_status(self, window: _Window) -> None:
        reply = await self._ask(window, onbon.query_status, tries=1, priority=Priority.POLL, status=True)
        if isinstance(reply, Status):
            window.unanswered_status = 0
            window.status_due = self._clocks.monotonic() + STATUS_S
            window.dark = not reply.power_on
            if window.wanted is not None and self._panel.area not in reply.areas:
                window.acknowledged = 0
        elif reply is not None or await self._ask(window, onbon.ping, tries=1, priority=Priority.POLL) is not None:
            # Some cards have no status: that is no failure, they are pinged alone.
            window.unanswered_status += 1
            window.knows_status = window.unanswered_status < 2

    # ---- one transaction

    async def _ask(
        self,
        window: _Window,
        request: Callable[[], bytes],
        *,
        tries: int = TRIES,
        priority: Priority = Priority.SIGN,
        status: bool = False,
    ) -> Reply | None:
        """Ask until answered; each try makes its request anew. None where every try stays unanswered."""
        reply: Reply | None = None
        for attempt in range(tries):
            if attempt and reply is not None:
                await self._clocks.sleep(PAUSE_S)
            data = request()
            frame = encode(Frame(window.address, OWN_ADDRESS, data, display_mode=self._manners.display_mode))
            window.reply = None
            answered = await self._line.request(
                frame,
                lambda: _answers(window.reply, status=status),
                timeout_s=self._timeout_of(frame, REPLY_BYTES[status]),
                priority=priority,
            )
            self._note(window, answered=answered)
            reply = window.reply if answered else reply
            if answered and not (isinstance(reply, Nack) and reply.code in RETRIED):
                return reply
        return reply

    def _timeout_of(self, frame: bytes, reply_bytes: int) -> float:
        # A line that knows its speed counts from the frame's last byte; behind a device server nobody does.
        unseen = 0 if self._line.char_s else len(frame)
        return self._manners.reply_s + (unseen + reply_bytes) * self._manners.char_s

    def _receive(self, chunk: Chunk) -> None:
        for frame in self._decoder.feed(chunk.data):
            if isinstance(frame, BadFrame):
                self._noise.append(frame)
            elif frame.destination == OWN_ADDRESS and (window := self._windows.get(frame.source)):
                said = onbon.reply(frame)
                if isinstance(said, BadFrame):
                    self._noise.append(said)
                else:
                    window.reply = said

    def _note(self, window: _Window, *, answered: bool) -> None:
        now = self._clocks.monotonic()
        if answered:
            if not window.answers:
                _came_up(window, now)
            window.answers, window.misses, window.heard_at = True, 0, now
            self._heard_at = now
            return
        window.misses += 1
        if window.misses >= 2:  # one frame may be lost to noise
            window.answers = False
            rest = min(PING_S * 2 ** (window.misses - 2), BACK_OFF_S) if len(self._windows) > 1 else PING_S
            window.next_try = now + rest
        window.status_due = now  # it may have lost power for a moment

    # ---- health

    def _settle(self) -> None:
        state, detail = self._judge()
        if (state, detail) != (self._health.state, self._health.detail):
            since = self._health.since if state == self._health.state else self._clocks.monotonic()
            self._health = Health(state, since, detail)

    def _judge(self) -> tuple[DeviceState, str]:
        windows = self._windows.values()
        silent = [str(window.address) for window in windows if not window.answers]
        dead = self._clocks.monotonic() - self._heard_at > SILENT_S
        if dead or len(silent) == len(self._windows):
            return "unknown", "屏无应答"
        troubles = [f"屏 {'、'.join(silent)} 无应答"] if silent else []
        troubles += [f"屏 {window.address} 拒绝: {window.refused}" for window in windows if window.refused]
        troubles += [f"屏 {window.address} 已关机" for window in windows if window.dark]
        return ("degraded" if troubles else "ok"), "；".join(troubles)

    def _timeout_s(self, content: SignText) -> int:
        return content.timeout_s if self._panel.timeout_s is None else self._panel.timeout_s

    def _window(self, address: int) -> _Window:
        try:
            return self._windows[address]
        except KeyError:
            known = ", ".join(map(str, self._windows))
            raise BadOption(f"sign: expected one of the addresses {known}, got {address}") from None


def _came_up(window: _Window, now: float) -> None:
    window.clock_due = window.status_due = window.retry_at = now
    window.brightness_set = False
    window.knows_status, window.unanswered_status = True, 0
    window.acknowledged = 0  # its areas lie in RAM: whatever it showed may be lost


def _answers(reply: Reply | None, *, status: bool) -> bool:
    return isinstance(reply, Nack | Status) if status else isinstance(reply, Nack | onbon.Ack)


def _card_level(level: int) -> int:
    """Levels 1 to 16 on a card that has 0 to 15: its 0 looks like a dead sign and is left out."""
    if not 1 <= level <= 16:
        raise ValueError(f"brightness: expected 1 to 16, got {level}")
    return min(level, onbon.BRIGHTEST)


def _raise_failure(window: _Window, reply: Reply | None) -> None:
    if reply is None:
        raise SignSilent(window.address, f"expected an acknowledgement, got nothing in {TRIES} tries; check its cable")
    if isinstance(reply, Nack):
        raise SignRefused(window.address, f"expected ACK, got NACK {reply.code} ({reply.name})", reply.code)
