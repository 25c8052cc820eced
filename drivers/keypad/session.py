"""The keypads of one line, connected: presses in as they are made, commands out.

Every whole frame is an event for the sink, resent ones and those of addresses that nobody configured too: a press is
evidence whoever made it. What is spoilt is only counted (the line's tap has the bytes), and what a neighbour on the
line answers for is left to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from drivers.events import BadFrame, Chunk
from drivers.keypad import PadKey, RatingKey
from drivers.keypad.protocols import ff68
from drivers.line import Line, Priority
from drivers.registry import Health, Settings, Sink

_BACKLOG = 256  # presses that a store may owe us; beyond it a device is left unanswered, and resends
_FAREWELL_S = 1.0  # what came whole before the link broke may still be stored
_BEEP_PAUSE_S = 0.3  # two beeps, not one long one
_NOISY = 10  # spoilt frames since the last whole one
_ECHOES = 3  # frames of ours that came straight back
_ECHO_LATEST_S = 0.1  # after its last byte left: a USB adapter's buffering


class KeypadSession:
    """A `registry.Session` with the `keypad.Keypads` verbs, for devices that talk unasked.

    It listens from the first byte on and tells the sink from `run` on. A sink that returns an awaitable has it run as a
    task: such tasks start in the order of the events, and the line doesn't wait for them.
    """

    def __init__(
        self,
        line: Line,
        settings: Settings,
        sink: Sink,
        *,
        local_echo: bool = False,
        gap_s: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._line = line
        self._sink = sink
        self._elsewhere = frozenset(settings.elsewhere)
        self._local_echo = local_echo
        self._gap_s = gap_s
        self._clock = clock
        self._pause = pause
        self._decoder = ff68.Decoder(line.char_s)
        self._chunk_at = clock()
        self._opened_at = self._chunk_at
        self._heard_at: dict[int, float | None] = dict.fromkeys(settings.addresses)
        self._strangers: set[int] = set()
        self._spoilt = 0
        self._suspect: ff68.Echo | None = None
        self._echoes = 0
        self._dropped = 0
        self._waiting: list[RatingKey | PadKey] = []
        self._tasks: asyncio.TaskGroup | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._stop_listening = line.listen(self._hear)

    # ---- registry.Session

    async def run(self) -> NoReturn:
        """Tell the sink until cancelled; then what is being stored has a moment to get done."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                waiting, self._waiting = self._waiting, []
                for event in waiting:
                    self._tell(event)
                try:
                    await asyncio.get_running_loop().create_future()
                finally:
                    self._stop_listening()
                    if self._telling:
                        await asyncio.wait(self._telling, timeout=_FAREWELL_S)
        finally:
            self._tasks = None
        raise AssertionError("ends only by being cancelled")

    def health(self) -> Health:
        """`unknown` until the first press: these devices can't be asked."""
        trouble = self._trouble()
        heard = [at for at in self._heard_at.values() if at is not None]
        if not heard:
            return Health("unknown", self._opened_at, self._detail(trouble or "尚未收到按键 (nothing heard yet)"))
        return Health("degraded" if trouble else "ok", min(heard), self._detail(trouble))

    def address_health(self, address: int) -> Health:
        """One keypad's state: `ok` once it was heard on this link."""
        at = self._heard_at[address]
        return Health("unknown", self._opened_at) if at is None else Health("ok", at)

    # ---- keypad.Keypads

    async def acknowledge(self, event: RatingKey | PadKey) -> None:
        """Answer the frame; call it only when the press is stored for good."""
        frame = ff68.acknowledgement(event)
        sent = await self._send(frame, Priority.ACK)
        if not self._local_echo and frame == event.raw:
            self._suspect = sent

    async def arm(self, address: int) -> None:
        """Start evaluation."""
        await self._send(ff68.arm(address))

    async def disarm(self, address: int) -> None:
        """FF68 has no command for it: the device ends an evaluation by itself."""

    async def show(self, address: int, *, waiting: int | None, ticket: str | None) -> None:
        """Show the waiting count and the ticket's last three digits; None blanks."""
        await self._send(ff68.show(address, waiting, ticket))

    async def beep(self, address: int, *, times: int = 1) -> None:
        """Sound the pad."""
        for beep in range(times):
            if beep:
                await self._pause(_BEEP_PAUSE_S)
            await self._send(ff68.beep(address))

    async def stars(self, address: int, count: int) -> None:
        """Light 1 to 5 star lamps on the evaluator."""
        await self._send(ff68.stars(address, count))

    async def _send(self, frame: bytes, priority: Priority = Priority.SIGN) -> ff68.Echo:
        if self._local_echo or not ff68.may_be_pads(frame):
            echo = self._decoder.expect_echo(frame, self._clock())
        else:
            echo = ff68.Echo(frame)
        try:
            await self._line.send(frame, priority)
        finally:
            echo.until = self._clock() + len(frame) * self._line.char_s + _ECHO_LATEST_S
        return echo

    # ---- what comes in

    def _hear(self, chunk: Chunk) -> None:
        if chunk.at - self._chunk_at > self._gap_s:
            self._take(self._decoder.silent(chunk.at))
        self._chunk_at = chunk.at
        self._take(self._decoder.feed(chunk.data, chunk.at))

    def _take(self, events: Sequence[ff68.Event]) -> None:
        for event in events:
            if isinstance(event, BadFrame):
                self._spoilt += 1
                continue
            self._spoilt = 0
            if event.address in self._heard_at:
                self._heard_at[event.address] = self._heard_at[event.address] or event.at
            elif event.address in self._elsewhere:
                continue
            else:
                self._strangers.add(event.address)
            self._suspect_echo(event)
            self._tell(event)

    def _tell(self, event: RatingKey | PadKey) -> None:
        if len(self._telling) + len(self._waiting) >= _BACKLOG:
            self._dropped += 1
        elif self._tasks is None:
            self._waiting.append(event)
        else:
            told = self._sink(event)
            if told is not None:
                task = self._tasks.create_task(_wait_for(told))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)

    def _suspect_echo(self, event: RatingKey | PadKey) -> None:
        suspect, self._suspect = self._suspect, None
        is_echo = suspect is not None and suspect.frame == event.raw and event.at <= suspect.until
        self._echoes = self._echoes + 1 if is_echo else 0

    # ---- what a person should know

    def _trouble(self) -> str:
        if max(self._echoes, 0 if self._local_echo else self._decoder.passed_over) >= _ECHOES:
            return "适配器回显，请设 local_echo = true (each acknowledgement comes straight back)"
        if self._dropped and len(self._telling) >= _BACKLOG // 2:
            return f"存储跟不上，{self._dropped} 次按键未应答 (the store does not keep up)"
        if self._spoilt >= _NOISY:
            return f"线路有干扰，连续 {self._spoilt} 帧损坏 (noise on the line)"
        return ""

    def _detail(self, first: str) -> str:
        parts = [first] if first else []
        silent = [str(address) for address, at in self._heard_at.items() if at is None]
        if silent and len(silent) < len(self._heard_at):
            parts.append(f"地址 {'、'.join(silent)} 尚未收到 (not heard yet)")
        if self._strangers:
            others = "、".join(map(str, sorted(self._strangers)))
            parts.append(f"收到未配置地址 {others} 的按键，请在 windows 中登记 (addresses that no window has)")
        return "；".join(parts)


async def _wait_for(told: Awaitable[None]) -> None:
    await told
