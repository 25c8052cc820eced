"""Slips: one for each ticket that names the kiosk, and the log says what became of it.

With the emulated printer: `test_slips_again.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from drivers.errors import LinkLost
from drivers.printer import Job, PrinterStatus, Qr, Receipt, StatusChanged, Text
from hub.clock import ManualClock
from hub.devices import printers
from hub.devices.printers import SlipPrinter
from hub.domain.events import SlipFailed, SlipPrinted, SlipReprintBegun
from hub.errors import StorageFull
from hub.eventlog import writer
from tests.disks import small_files
from tests.hub.devices.rooms import Room, at_work, room, until

WELL = PrinterStatus("yes", "ok", "no", "no", "no", "no")
PAPER_OUT = PrinterStatus("no", "out", "no", "no", "no", "no")
URL = "http://hall.example"


@dataclass
class FakePrinter:
    """Prints as `outcome` says; `lost` says whether its line is, and `gate` holds it back."""

    outcome: Literal["out", "sent", "failed", "unknown"] = "out"
    reason: str = ""
    stopped: Literal["before", "within"] | None = None
    says: PrinterStatus = WELL
    lost: bool = False
    jobs: list[Job] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def columns(self) -> int:
        return 48

    async def print(self, job: Job) -> Receipt:
        self.jobs.append(job)
        await self.gate.wait()
        if self.lost:
            raise LinkLost("serial:///dev/printer", "unplugged")
        return Receipt(job.id, self.outcome, reason=self.reason, stopped=self.stopped)

    async def status(self) -> PrinterStatus:
        return self.says

    def stop(self, outcome: Literal["failed", "unknown"], stopped: Literal["before", "within"]) -> None:
        """Run out of paper, or of power."""
        self.outcome, self.stopped = outcome, stopped
        self.says = PAPER_OUT if outcome == "failed" else PrinterStatus()

    def slips(self) -> list[str]:
        """The numbers printed, with their marks."""
        return [job.id + (" 补打" if "补打" in texts(job) else "") for job in self.jobs]


def texts(job: Job) -> str:
    return "\n".join(element.text for element in job.elements if isinstance(element, Text))


@dataclass
class Kiosk:
    """A room with a printer at kiosk K1."""

    room: Room
    desk: SlipPrinter
    printer: FakePrinter

    async def take(self, kiosk: str | None = "K1", **more: str) -> str:
        issued = await self.room.hall.issue_ticket("social", kiosk=kiosk, by="test", **more)
        return issued.ticket

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncio.Task[None]]:
        async with at_work(self.desk.run(self.printer)) as running:
            self.desk.received(StatusChanged(self.printer.says, 0.0))
            yield running

    async def heals(self) -> None:
        """New paper, or power: the printer says that it is well."""
        self.printer.outcome, self.printer.stopped, self.printer.says = "out", None, WELL
        self.desk.received(StatusChanged(WELL, 0.0))

    async def idle(self) -> None:
        """All that is to be done now is done."""
        await self.room.run.settled()
        for _ in range(100):
            await asyncio.sleep(0)
        await self.room.run.settled()

    async def outcome(self) -> list[SlipPrinted | SlipFailed]:
        """All of them, once the last ticket has one."""

        def all_told() -> bool:
            tickets = [one for one in self.room.hall.state.tickets.values() if one.kiosk == "K1"]
            return all(ticket.slip is not None for ticket in tickets)

        await until(all_told)
        return [*await self.room.facts(SlipPrinted), *await self.room.facts(SlipFailed)]


@asynccontextmanager
async def kiosk(folder: Path, clock: ManualClock | None = None) -> AsyncIterator[Kiosk]:
    async with room(folder, clock) as here:
        desk = SlipPrinter("printer-1", "K1", URL, here.hall, here.shown, here.bus)
        yield Kiosk(here, desk, FakePrinter())


async def test_each_ticket_of_the_kiosk_gets_one_slip(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        first = await here.take()
        await here.take(kiosk=None)
        second = await here.take()
        assert await here.outcome() == [
            SlipPrinted(ticket, "K1", "printer-1", proof=True, reprint=False) for ticket in (first, second)
        ]
        assert here.printer.slips() == ["A001", "A003"]


async def test_slip_says_number_link_and_priority(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        ticket = await here.take(priority="elderly")
        await here.outcome()
        (job,) = here.printer.jobs
        code = here.room.shown.state.tickets[ticket].code
        assert [element.data for element in job.elements if isinstance(element, Qr)] == [f"{URL}/r/{code}"]
        assert all(word in texts(job) for word in ("A001", "社会保险", "老年人", "示范县政务服务中心"))


async def test_printer_that_proves_nothing_is_told_apart(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.outcome = "sent"
        ticket = await here.take()
        assert await here.outcome() == [SlipPrinted(ticket, "K1", "printer-1", proof=False)]


@pytest.mark.parametrize(("outcome", "unknown"), [("failed", False), ("unknown", True)])
async def test_slip_that_did_not_surely_come_out_is_no_printed_one(
    outcome: Literal["failed", "unknown"], unknown: bool, tmp_path: Path
) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.outcome, here.printer.reason = outcome, "缺纸 (paper out)"
        ticket = await here.take()
        assert await here.outcome() == [SlipFailed(ticket, "K1", "printer-1", "缺纸 (paper out)", unknown=unknown)]
        assert here.printer.slips() == ["A001"], "it is not tried again by itself"


async def test_slips_that_are_owed_are_printed_when_the_printer_is_back(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here:
        await here.take()
        await here.take()
        async with here.connected():
            assert len(await here.outcome()) == 2
        async with here.connected():
            await here.take()
            await here.outcome()
        assert here.printer.slips() == ["A001", "A002", "A003"]


async def test_restart_prints_what_has_no_slip_and_nothing_twice(tmp_path: Path) -> None:
    clock = ManualClock(wall_ms=1_790_816_400_000, mono_ns=10**12)
    async with kiosk(tmp_path, clock) as before, before.connected():
        await before.take()
        await before.outcome()
    async with kiosk(tmp_path, clock) as down:
        await down.take()
    async with kiosk(tmp_path, clock) as here:
        clock.advance(30)
        async with here.connected():
            await here.outcome()
        assert here.printer.slips() == ["A002 补打"], "the hub can't know how far it came before"
        assert here.printer.jobs[0].after_a_half


async def test_citizen_who_waited_too_long_gets_no_slip_when_the_printer_is_back(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here:
        late = await here.take()
        here.room.clock.advance(290)
        soon = await here.take()
        here.room.clock.advance(15)
        async with here.connected():
            printed, failed = await here.outcome()
        assert (printed.ticket, failed.ticket) == (soon, late)
        assert isinstance(failed, SlipFailed)
        assert not failed.unknown
        assert "too late" in failed.reason
        assert here.printer.slips() == ["A002"]


async def test_slow_printer_does_not_print_for_people_who_have_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "FRESH_S", 0.05)
    monkeypatch.setattr(printers, "REPRINT_S", 0.05)
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.gate.clear()
        await here.take()
        await until(lambda: here.printer.jobs)
        late = await here.take()
        await until(lambda: here.room.shown.state.tickets.get(late))
        await asyncio.sleep(0.06)
        here.printer.gate.set()
        outcomes = await here.outcome()
        assert [type(one) for one in outcomes] == [SlipPrinted, SlipFailed]
        assert here.printer.slips() == ["A001"]


async def test_link_lost_in_mid_slip_is_unknown_and_the_slip_comes_again_marked(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here:
        here.printer.lost = True
        async with here.connected() as running:
            ticket = await here.take()
            await until(running.done)
            with pytest.raises(LinkLost):
                running.result()
        (failed,) = await here.room.facts(SlipFailed)
        assert (failed.ticket, failed.unknown) == (ticket, True)
        here.printer.lost = False
        async with here.connected():
            await until(lambda: len(here.printer.jobs) == 2)
            await here.room.run.settled()
        (printed,) = await here.room.facts(SlipPrinted)
        assert (printed.ticket, printed.reprint) == (ticket, True)
        assert here.printer.slips() == ["A001", "A001 补打"]


async def test_reprint_that_comes_too_late_stays_unknown(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here:
        here.printer.lost = True
        async with here.connected() as running:
            await here.take()
            await until(running.done)
            assert isinstance(running.exception(), LinkLost)
        here.room.clock.advance(301)
        here.desk._owed.clear()  # as after a restart: the manual clock moves no event loop
        async with here.connected():
            await until(lambda: not here.desk._owed)
            await here.idle()
        assert [failed.unknown for failed in await here.room.facts(SlipFailed)] == [True]
        assert here.printer.slips() == ["A001"]


async def test_day_that_ended_meanwhile_owes_no_slip(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here:
        here.printer.gate.clear()
        async with here.connected():
            await here.take()
            await until(lambda: here.printer.jobs)
            gone = await here.take()
            await until(lambda: gone in here.room.shown.state.tickets)
            del here.room.hall.state.tickets[gone]
            here.printer.gate.set()
            await until(lambda: not here.desk._due)
            await here.room.run.settled()
        assert [fact.ticket for fact in await here.room.facts(SlipPrinted)] != []
        assert here.printer.slips() == ["A001"]


async def test_printer_is_ready_when_it_last_said_that_all_is_well(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here:
        assert not here.desk.ready, "it has said nothing yet"
        for status, ready in (
            (WELL, True),
            (PrinterStatus("yes", "near_end", "no", "no", "no", "no"), True),
            (PrinterStatus("yes", "out", "no", "no", "no", "no"), False),
            (PrinterStatus("no", "ok", "yes", "no", "no", "no"), False),
            (PrinterStatus(), False),
        ):
            here.desk.received(StatusChanged(status, 0.0))
            assert here.desk.ready is ready, status
        here.desk.received("noise")
        assert not here.desk.ready


async def test_no_slip_comes_out_before_its_ticket_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    with small_files(tmp_path / "disk") as disk:
        async with kiosk(disk.folder) as here, here.connected():
            await here.take()
            await here.outcome()
            disk.fill()
            with pytest.raises(StorageFull):  # decided before anybody knew that the disk is full
                await here.take()
            await until(lambda: "20261001-A002" in here.room.shown.state.tickets)
            for _ in range(100):
                await asyncio.sleep(0)  # the desk has had its turn
            assert here.printer.slips() == ["A001"]
            disk.free()
            await here.outcome()
            assert here.printer.slips() == ["A001", "A002"]


async def test_slip_whose_outcome_no_more_fits_in_memory_is_told_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "RETRY_S", 0.002)
    async with kiosk(tmp_path) as here, here.connected() as work:
        here.printer.gate.clear()
        ticket = await here.take()
        await until(lambda: here.printer.slips() == ["A001"])
        bus, most = here.room.bus, here.room.bus._pending_most
        bus._on_trouble("disk full")
        bus._pending_most = 0
        here.printer.gate.set()
        await asyncio.sleep(0.02)
        assert not work.done(), "the hall's other devices would stop with this one"
        bus._pending_most = most
        bus._on_trouble(None)
        assert await here.outcome() == [SlipPrinted(ticket, "K1", "printer-1", proof=True)]
        assert here.printer.slips() == ["A001"]


async def test_link_lost_in_mid_slip_while_no_more_fits_in_memory_still_comes_again_marked(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here:
        bus = here.room.bus
        async with here.connected() as work:
            here.printer.gate.clear()
            await here.take()
            await until(lambda: here.printer.slips() == ["A001"])
            bus._on_trouble("disk full")
            bus._pending_most = 0
            here.printer.lost = True
            here.printer.gate.set()
            with pytest.raises(LinkLost):
                await work
        bus._on_trouble(None)
        here.printer.lost = False
        async with here.connected():
            await until(lambda: here.printer.slips() == ["A001", "A001 补打"])


@pytest.mark.parametrize(
    ("outcome", "stopped"), [("failed", "within"), ("failed", "before"), ("unknown", "within"), ("unknown", "before")]
)
async def test_slip_that_was_stopped_comes_once_more_marked_when_the_printer_is_well(
    outcome: Literal["failed", "unknown"], stopped: Literal["before", "within"], tmp_path: Path
) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.stop(outcome, stopped)
        ticket = await here.take()
        assert await here.outcome() == [SlipFailed(ticket, "K1", "printer-1", "", outcome == "unknown", owed=True)]
        await here.idle()
        assert here.printer.slips() == ["A001"], "the printer is not well"
        await here.heals()
        await until(lambda: here.room.hall.state.tickets[ticket].slip == "printed")
        await here.heals()
        await here.idle()
        assert here.printer.slips() == ["A001", "A001 补打"]
        assert [job.after_a_half for job in here.printer.jobs] == [False, stopped == "within"]
        assert await here.room.facts(SlipReprintBegun) == [SlipReprintBegun(ticket, "K1", "printer-1")]
        assert await here.room.facts(SlipPrinted) == [SlipPrinted(ticket, "K1", "printer-1", proof=True, reprint=True)]


async def test_slips_that_are_owed_come_in_their_order_and_before_new_ones(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.stop("failed", "before")
        await here.take()
        await here.take()
        await here.outcome()
        await here.heals()
        await here.take()
        await here.outcome()
        await here.idle()
        assert here.printer.slips() == ["A001", "A002", "A001 补打", "A002 补打", "A003"]


async def test_ticket_that_was_called_meanwhile_gets_no_slip_any_more(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.stop("failed", "within")
        await here.take()
        await here.outcome()
        await here.room.hall.sign_on(1, "1001", by="test")
        await here.room.hall.call_next(1, by="test")
        await here.heals()
        await until(lambda: not here.desk._owed)
        await here.idle()
        assert here.printer.slips() == ["A001"]


async def test_slip_is_not_printed_again_later_than_its_citizen_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printers, "REPRINT_S", 0.2)
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.stop("failed", "within")
        await here.take()
        await here.outcome()
        assert here.desk._owed
        await asyncio.sleep(0.21)
        await here.heals()
        await until(lambda: not here.desk._owed)
        await here.idle()
        assert here.printer.slips() == ["A001"]


async def test_slip_that_is_late_for_want_of_time_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "FRESH_S", 0.05)
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.gate.clear()
        await here.take()
        await until(lambda: here.printer.jobs)
        late = await here.take()
        await until(lambda: here.room.shown.state.tickets.get(late))
        await asyncio.sleep(0.06)
        here.printer.gate.set()
        await until(lambda: here.room.hall.state.tickets[late].slip == "printed")
        assert here.printer.slips() == ["A001", "A002 补打"]


async def test_printer_that_breaks_off_again_and_again_is_given_up(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.outcome, here.printer.stopped = "failed", "within"  # while it says that it is well
        ticket = await here.take()
        await until(lambda: here.room.hall.state.tickets[ticket].reprints == printers.REPRINTS_MOST)
        await here.idle()
        assert here.printer.slips() == ["A001", *["A001 补打"] * printers.REPRINTS_MOST]
        assert [failed.owed for failed in await here.room.facts(SlipFailed)] == [True, True, True, False]


async def test_marked_slip_that_may_lie_there_does_not_come_again(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as here, here.connected():
        here.printer.stop("failed", "within")
        ticket = await here.take()
        await here.outcome()
        here.printer.stop("unknown", "within")
        here.printer.says = WELL
        here.desk.received(StatusChanged(WELL, 0.0))
        await until(lambda: len(here.printer.jobs) == 2)
        await here.idle()
        assert (await here.room.facts(SlipFailed))[-1] == SlipFailed(ticket, "K1", "printer-1", "", unknown=True)
        await here.heals()
        await here.idle()
        assert here.printer.slips() == ["A001", "A001 补打"]


@pytest.mark.parametrize("how", ["link lost", "hub stopped", "hub killed"])
async def test_whatever_ends_a_marked_slip_it_does_not_come_again(how: str, tmp_path: Path) -> None:
    clock = ManualClock(wall_ms=1_790_816_400_000, mono_ns=10**12)
    async with kiosk(tmp_path, clock) as here:
        async with here.connected() as work:
            here.printer.stop("failed", "within")
            ticket = await here.take()
            await here.outcome()
            here.printer.gate.clear()
            here.printer.lost = how == "link lost"
            await here.heals()
            await until(lambda: len(here.printer.jobs) == 2)
            if how == "link lost":
                here.printer.gate.set()
                await until(work.done)
                assert isinstance(work.exception(), LinkLost)
            elif how == "hub killed":
                monkey = here.desk._bus.publish
                here.desk._bus.publish = lambda *_: 0  # type: ignore[method-assign]
                work.cancel()
                await asyncio.wait([work])
                here.desk._bus.publish = monkey  # type: ignore[method-assign]
        assert here.room.hall.state.tickets[ticket].slip == "unknown"
    async with kiosk(tmp_path, clock) as after, after.connected():
        await after.take()
        await until(lambda: after.printer.slips() == ["A002"])
        await after.idle()
        assert after.printer.slips() == ["A002"]


async def test_hub_killed_while_a_slip_is_printed_prints_it_marked_and_at_most_once(tmp_path: Path) -> None:
    clock = ManualClock(wall_ms=1_790_816_400_000, mono_ns=10**12)
    slips: list[str] = []
    for _ in range(3):
        async with kiosk(tmp_path, clock) as here, here.connected() as work:
            if not slips:
                await here.take()
            here.printer.gate.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await until(lambda printer=here.printer: printer.jobs)
            await here.room.run.settled()
            publish, here.desk._bus.publish = here.desk._bus.publish, lambda *_: 0  # type: ignore[method-assign]
            work.cancel()
            await asyncio.wait([work])
            here.desk._bus.publish = publish  # type: ignore[method-assign]
            slips += here.printer.slips()
    assert slips == ["A001", "A001 补打"]


async def test_owed_slip_waits_for_a_full_disk_and_is_dropped_when_its_ticket_is_called_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    with small_files(tmp_path / "disk") as disk:
        async with kiosk(disk.folder) as here, here.connected():
            here.printer.stop("failed", "within")
            await here.take()
            await here.outcome()
            await here.room.hall.sign_on(1, "1001", by="test")
            disk.fill()
            with pytest.raises(StorageFull):
                await here.take(kiosk=None)
            await here.heals()
            await until(lambda: not here.desk._owed)
            assert here.printer.slips() == ["A001"]
            await here.room.hall.call_next(1, by="test")
            disk.free()
            await until(lambda: here.room.hall.state.tickets["20261001-A001"].slip == "failed")
            await here.idle()
            assert here.printer.slips() == ["A001"]
            assert "called meanwhile" in (await here.room.facts(SlipFailed))[-1].reason
