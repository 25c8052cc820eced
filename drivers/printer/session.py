"""A connected ESC/POS printer: watched all the time, and honest about how a slip ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Literal

from drivers.events import BadFrame
from drivers.line import Line
from drivers.printer import Job, PrinterStatus, Receipt, StatusChanged
from drivers.printer.protocols.charset import BOX
from drivers.printer.protocols.escpos import ASB_ON, RECOVER, Slip, encode, restart
from drivers.printer.protocols.profile import Profile
from drivers.printer.protocols.raster import Font
from drivers.printer.trouble import SILENT, health_of, silent, trouble
from drivers.printer.wire import PrinterWire, Stalled
from drivers.registry import Health, Sink

DOTS_PER_SECOND = 800.0  # 100 mm/s at 8 dots a millimetre; kiosk modules do 150 to 250
CUT_S = 0.5
PROOF_S = 3.0  # head warm, motor starting, the echo's way back
RECOVERY_S = 3.0  # the blade goes home
RECOVERY_TRIES = 6
_EVENTS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Manners:
    """How the session treats its printer, beside what the profile says."""

    poll_s: float = 1.0
    """Between two status rounds; a silent printer is known after this and one second more."""
    blind: bool = False
    """Print although nothing is heard: the cable has no way back. Every receipt then is `unknown`."""


@dataclass(slots=True)
class _Progress:
    """How far a slip has come."""

    job: str
    slip: Slip
    sent: int = 0
    """Commands that went out whole."""
    note: str = ""


class EscposPrinter:
    """Implements `drivers.printer.Printer` and `drivers.registry.Session`."""

    def __init__(
        self, line: Line, sink: Sink, profile: Profile, font: Font | None = None, manners: Manners | None = None
    ) -> None:
        self._sink = sink
        self._profile = profile
        self._font = font
        self._manners = manners or Manners()
        self._loop = asyncio.get_running_loop()
        self._line = line
        self._lock = asyncio.Lock()
        self._events: asyncio.Queue[StatusChanged | BadFrame] = asyncio.Queue(_EVENTS_KEPT)
        self._health = Health("unknown", self._loop.time(), "尚无应答 no answer yet")
        self._known = PrinterStatus()
        self._wire = PrinterWire(line, self._changed, self._tell_later)
        self._jobs = int(self._loop.time())  # an echo that is still owed to an earlier session proves nothing
        self._unfinished: int | None = None
        """Length of the command that may have gone out in part."""
        self._cut_off = False
        """The last slip came out well, and the printer was not silent since."""
        self._echo = b""
        """What the printer still echoes when the last slip, stopped in its middle, is out and cut off after all."""

    # ---- drivers.registry.Session

    async def run(self) -> None:
        """Watch the printer and tell the sink, until cancelled or the line is lost (LinkLost)."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                tasks.create_task(self._tell())
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            self._wire.close()
            self._health = Health("absent", self._loop.time(), "线路断开 link down")

    def health(self) -> Health:
        """The state now; `unknown` while the printer does not answer, never `ok`."""
        return self._health

    async def _watch(self) -> None:
        while True:
            async with self._lock:
                await self._look()
            await asyncio.sleep(self._manners.poll_s)

    async def _look(self) -> None:
        was_silent = silent(self._wire.status)
        status = await self._wire.ask()
        if self._profile.asb and was_silent and not silent(status):
            await self._line.send(ASB_ON)  # a printer that was off has forgotten it

    async def _tell(self) -> None:
        while True:
            told = self._sink(await self._events.get())
            if isawaitable(told):
                await told

    def _changed(self, status: PrinterStatus) -> None:
        if silent(status):  # it may have been switched off
            self._forget()
        state, detail = health_of(status, before=self._known)
        self._known = status
        if (state, detail) != (self._health.state, self._health.detail):
            self._health = Health(state, self._loop.time(), detail)
        self._tell_later(StatusChanged(status, self._loop.time()))

    def _forget(self) -> None:
        """The printer may have forgotten what it still held, the cut too."""
        self._cut_off, self._echo = False, b""

    def _tell_later(self, event: StatusChanged | BadFrame) -> None:
        if self._events.full():  # a slow sink on a noisy line: the newest matters
            self._events.get_nowait()
        self._events.put_nowait(event)

    # ---- drivers.printer.Printer

    @property
    def columns(self) -> int:
        """How many ASCII characters of size 1 fit a line; a Chinese character takes two."""
        return self._profile.columns

    async def status(self) -> PrinterStatus:
        """Ask the printer now; `unknown` everywhere where it is silent."""
        async with self._lock:
            return await self._wire.ask()

    async def recover(self) -> PrinterStatus:
        """Clear a cutter jam (DLE ENQ 2), after a person took the paper out; the printer forgets what it still held."""
        async with self._lock:
            self._forget()
            await self._line.send(RECOVER)
            for _ in range(RECOVERY_TRIES):
                if (await self._wire.ask()).cutter_error == "no":
                    break
                await asyncio.sleep(RECOVERY_S / RECOVERY_TRIES)
            return self._wire.status

    async def print(self, job: Job) -> Receipt:
        """Print one slip; what is wrong with the printer is in the receipt. LinkLost where the line is gone."""
        async with self._lock:
            self._jobs += 1
            process_id = b"%04d" % (self._jobs % 10_000) if self._profile.process_id else b""
            slip = encode(job, self._profile, font=self._font, process_id=process_id)
            note = f"以{BOX}代替缺字 no glyph for: {slip.missing}" if slip.missing else ""
            progress = _Progress(job.id, slip, note=note)
            receipt = await self._print(progress, process_id, after_a_half=job.after_a_half)
            self._cut_off = receipt.outcome in {"out", "sent"} or (self._cut_off and receipt.stopped == "before")
            return receipt

    async def _print(self, progress: _Progress, process_id: bytes, *, after_a_half: bool) -> Receipt:
        status = await self._wire.ask()
        if found := trouble(status):
            return self._stopped(progress, "failed", f"未打印 not begun: {found}", where="before")
        if silent(status) and not self._manners.blind:
            return self._stopped(progress, "unknown", f"未发送 nothing sent: {SILENT}", where="before")
        self._wire.forget_hold()
        if after_a_half and self._unfinished is None and not await self._is_cut_off():
            self._unfinished = max(map(len, progress.slip.commands))
        self._forget()
        try:
            await self._send(progress)
            self._echo = process_id
        except Stalled:
            # What came unasked tells why; a printer that takes nothing may not take a question either.
            known = self._wire.status
            return self._broken_off(progress, known if trouble(known) else await self._wire.ask())
        if trouble(self._wire.status) and progress.sent < len(progress.slip.commands):
            return self._broken_off(progress, self._wire.status)
        return await self._proven(progress, process_id) if process_id else await self._believed(progress)

    async def _is_cut_off(self) -> bool:
        """Whether the printer surely ended the last slip by itself, as some do after a refill."""
        echo = self._echo
        if echo:
            await self._watch_until(lambda: self._wire.processed == echo, PROOF_S)
        return self._cut_off or bool(echo and self._wire.processed == echo)

    async def _send(self, progress: _Progress) -> None:
        """Send command by command, and stop where the printer reports trouble."""
        if self._unfinished is not None:
            await self._wire.send(restart(self._unfinished, self._profile))
            self._unfinished = None
        longest = max(map(len, progress.slip.commands))
        asked_at = self._loop.time()
        for command in progress.slip.commands:
            if self._loop.time() - asked_at > self._manners.poll_s:
                await self._wire.ask()
                asked_at = self._loop.time()
            if trouble(self._wire.status):
                return
            self._unfinished = longest  # until all is out, also where this is cancelled
            await self._wire.send(command)
            progress.sent += 1
        self._unfinished = None

    def _broken_off(self, progress: _Progress, status: PrinterStatus) -> Receipt:
        """The receipt of a slip of which a part never went out."""
        where = f"打印中断 broke off after {progress.sent} of {len(progress.slip.commands)} commands"
        if silent(status):
            return self._stopped(progress, "unknown", f"{where}: {SILENT}")
        return self._stopped(progress, "failed", f"{where}: {trouble(status) or '打印机停止接收 takes no more'}")

    async def _proven(self, progress: _Progress, process_id: bytes) -> Receipt:
        """Wait for the printer's own word that everything is processed."""
        wire = self._wire
        patience_s = self._print_s(progress.slip) + PROOF_S
        await self._watch_until(lambda: wire.processed == process_id or bool(trouble(wire.status)), patience_s)
        status = wire.status if wire.processed == process_id else await wire.ask()
        if wire.processed == process_id:
            return self._receipt(progress, "out", "")
        return self._unproven(progress, status) or self._receipt(
            progress, "unknown", "未收到完成回执 no completion echo"
        )

    async def _believed(self, progress: _Progress) -> Receipt:
        """Without an echo: wait as long as printing takes, then look."""
        wire = self._wire
        await self._watch_until(lambda: bool(trouble(wire.status)), self._print_s(progress.slip))
        status = await wire.ask()
        return self._unproven(progress, status) or self._receipt(progress, "sent", "")

    async def _watch_until(self, done: Callable[[], bool], patience_s: float) -> None:
        """Wait until it is done or the time is up, and go on asking: trouble in mid-slip must show as soon as any."""
        ends = self._loop.time() + patience_s
        while not done() and (left_s := ends - self._loop.time()) > 0:
            if not await self._wire.wait_for(done, min(left_s, self._manners.poll_s)) and left_s > self._manners.poll_s:
                await self._wire.ask()

    def _unproven(self, progress: _Progress, status: PrinterStatus) -> Receipt | None:
        if silent(status):
            reason = f"已发送 all sent: {SILENT}"
            if self._manners.blind:
                return self._receipt(progress, "unknown", reason)
            return self._stopped(progress, "unknown", reason)
        if found := trouble(status):
            reason = f"打印中 while printing: {found}; 恢复后可能续打 the rest may follow"
            return self._stopped(progress, "failed", reason)
        return None

    def _print_s(self, slip: Slip) -> float:
        """How long from now until the paper is cut, at a slow printer."""
        return self._wire.backlog_s() + slip.height_dots / DOTS_PER_SECOND + CUT_S

    def _stopped(
        self,
        progress: _Progress,
        outcome: Literal["failed", "unknown"],
        reason: str,
        *,
        where: Literal["before", "within"] = "within",
    ) -> Receipt:
        return replace(self._receipt(progress, outcome, reason), stopped=where)

    def _receipt(
        self, progress: _Progress, outcome: Literal["out", "sent", "failed", "unknown"], reason: str
    ) -> Receipt:
        return Receipt(progress.job, outcome, self._wire.status, "; ".join(filter(None, (reason, progress.note))))
