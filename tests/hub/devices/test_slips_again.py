"""Slips that break off, on the real driver and an emulated printer: what a citizen holds in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from drivers import link, registry
from drivers.bus import Bus as Line
from drivers.emulation.clock import Pace
from drivers.emulation.ports import PtyPort
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.printer.emulator import PAPER_80, Printer, Slip
from drivers.printer.emulator.profiles import Flow
from drivers.registry import Session, Settings
from hub.clock import ManualClock
from hub.devices.printers import SlipPrinter
from hub.domain.events import Fact, SlipFailed, SlipPrinted, SlipReprintBegun
from tests.hub.devices.rooms import Room, room, until
from tests.hub.ledger import MORNING_MS

URL = "http://hall.example"
SCALE = 5
"""How much faster than a real printer the emulated one is."""
MID_SLIP = 8
"""Lines of paper that are left: the number is out, the code is not."""


@dataclass
class Tray:
    """An emulated printer on a port, which outlives hubs."""

    printer: Printer
    port: PtyPort
    profile: str

    def marked(self) -> list[Slip]:
        return [slip for slip in self.printer.slips if "补打" in slip.text]

    def unmarked(self) -> list[Slip]:
        return [slip for slip in self.printer.slips if "补打" not in slip.text and slip.text]


@asynccontextmanager
async def tray(folder: Path, profile: str = "epson", flow: Flow = "hardware") -> AsyncIterator[Tray]:
    wire = Wire(Pace(SCALE), half_duplex=False)
    port = PtyPort(wire, folder / "printer")
    port.plug()
    printer = Printer(wire, truth=Truth(wire.clock), profile=PAPER_80, flow=flow)
    yield Tray(printer, port, profile)
    port.unplug()


@dataclass
class Kiosk:
    """A hall whose kiosk K1 has the printer."""

    room: Room
    desk: SlipPrinter
    tray: Tray
    sessions: list[Session] = field(default_factory=list)

    async def take(self) -> str:
        """A ticket taken at the kiosk."""
        return (await self.room.hall.issue_ticket("social", kiosk="K1", by="test")).ticket

    async def told(self, ticket: str, *kinds: type[Fact]) -> list[Fact]:
        """What the log says of the slip so far."""
        facts = [fact for kind in kinds for fact in await self.room.facts(kind)]
        return [fact for fact in facts if getattr(fact, "ticket", "") == ticket]

    async def broken_off(self, ticket: str) -> SlipFailed:
        await until(lambda: self.room.hall.state.tickets[ticket].slip_owed)
        return (await self.room.facts(SlipFailed))[-1]

    async def quiet(self) -> None:
        """Another slip comes out, so that whatever was to come before it has."""
        last = await self.take()
        await until(lambda: self.room.hall.state.tickets[last].slip == "printed")


@asynccontextmanager
async def kiosk(folder: Path, tray: Tray, clock: ManualClock | None = None) -> AsyncIterator[Kiosk]:
    """The hub's side: the desk works with each session of the printer, as the supervisor has it."""
    options = {"profile": tray.profile, "poll_s": 0.2}
    async with room(folder, clock) as here:
        desk = SlipPrinter("printer-1", "K1", URL, here.hall, here.shown, here.bus)

        class Attached:
            def __init__(self, session: Session) -> None:
                self.session = session

            async def run(self) -> None:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self.session.run())
                    tasks.create_task(desk.run(self.session))  # type: ignore[arg-type]

            def health(self) -> registry.Health:
                return self.session.health()

        def attach(line: Line) -> list[Session]:
            driver = registry.load("printer.escpos")
            return [Attached(driver.open(line, Settings("printer-1", options=options), desk.received))]

        url = f"serial://{tray.port.path}?baud=115200"
        keeping = asyncio.get_running_loop().create_task(link.keep(url, attach, lambda _: None, random=Random(1)))
        await until(lambda: desk.ready or tray.printer.off_line)
        yield Kiosk(here, desk, tray)
        keeping.cancel()
        await asyncio.wait([keeping])


async def one_marked_slip(here: Kiosk, ticket: str) -> None:
    """Exactly one, whole and with its own code."""
    await until(lambda: here.room.hall.state.tickets[ticket].slip == "printed")
    await here.quiet()
    state = here.room.hall.state.tickets[ticket]
    [slip] = here.tray.marked()
    assert "【补打】\nA001\n" in slip.text
    assert slip.lines[0].text == here.room.hall.setup.name
    assert slip.text.endswith("取号时间 2026-10-01 09:00\n")
    assert [code.data for code in slip.qr_codes] == [f"{URL}/r/{state.code}".encode()]
    assert await here.told(ticket, SlipReprintBegun) == [SlipReprintBegun(ticket, "K1", "printer-1")]
    assert [fact.reprint for fact in await here.room.facts(SlipPrinted) if fact.ticket == ticket] == [True]
    assert "A002" in here.tray.unmarked()[-1].text
    halves = here.tray.unmarked()[:-1]
    assert len(halves) <= 1
    assert all("A002" not in half.text and half.lines[0].text == here.room.hall.setup.name for half in halves)


@pytest.mark.parametrize("profile", ["epson", "80mm"])
async def test_slip_in_which_the_roll_ended_comes_once_more_marked(profile: str, tmp_path: Path) -> None:
    async with tray(tmp_path, profile) as paper, kiosk(tmp_path, paper) as here:
        paper.printer.run_out_after(MID_SLIP)
        ticket = await here.take()
        failed = await here.broken_off(ticket)
        assert (failed.unknown, failed.owed) == (False, True)
        assert "缺纸" in failed.reason
        paper.printer.refill()
        await one_marked_slip(here, ticket)


TROUBLES: dict[str, tuple[Callable[[Printer], None], Callable[[Printer], None]]] = {
    "cover": (Printer.open_cover, Printer.close_cover),
    "head": (Printer.overheat, Printer.cool_down),
    "cutter": (Printer.jam_cutter, lambda printer: printer.tap.reboot(0.1)),
    "power": (lambda printer: printer.tap.off(), lambda printer: printer.tap.on()),
}


@pytest.mark.parametrize(("name", "flow"), [*((name, "hardware") for name in TROUBLES), ("cover", "xonxoff")])
async def test_slip_that_any_trouble_stopped_comes_once_more_marked_on_its_own_paper(
    name: str, flow: Flow, tmp_path: Path
) -> None:
    begin, end = TROUBLES[name]
    async with tray(tmp_path, flow=flow) as paper, kiosk(tmp_path, paper) as here:
        paper.printer.slow = 2
        ticket = await here.take()
        await until(lambda: paper.printer.on_platen)
        begin(paper.printer)
        await here.broken_off(ticket)
        end(paper.printer)
        await one_marked_slip(here, ticket)


async def test_slip_that_never_began_for_want_of_paper_counts_likewise(tmp_path: Path) -> None:
    async with tray(tmp_path) as paper, kiosk(tmp_path, paper) as here:
        paper.printer.run_out()
        await until(lambda: not here.desk.ready)
        ticket = await here.take()
        assert "not begun" in (await here.broken_off(ticket)).reason
        paper.printer.refill()
        await one_marked_slip(here, ticket)
        assert [slip.text.count("A001") for slip in paper.printer.slips] == [1, 0]


async def test_ticket_that_was_called_meanwhile_gets_no_more_paper(tmp_path: Path) -> None:
    async with tray(tmp_path) as paper, kiosk(tmp_path, paper) as here:
        paper.printer.run_out_after(MID_SLIP)
        ticket = await here.take()
        await here.broken_off(ticket)
        await here.room.hall.sign_on(1, "1001", by="test")
        await here.room.hall.call_next(1, by="test")
        paper.printer.refill()
        await until(lambda: here.desk.ready)
        await here.quiet()
        assert not paper.marked()
        assert await here.told(ticket, SlipReprintBegun, SlipPrinted) == []


async def test_restart_between_prints_it_once(tmp_path: Path) -> None:
    clock = ManualClock(wall_ms=MORNING_MS, mono_ns=10**12)
    async with tray(tmp_path) as paper:
        async with kiosk(tmp_path, paper, clock) as here:
            paper.printer.run_out_after(MID_SLIP)
            ticket = await here.take()
            await here.broken_off(ticket)
        async with kiosk(tmp_path, paper, clock) as here:
            assert not paper.marked()
            paper.printer.refill()
            await one_marked_slip(here, ticket)
        async with kiosk(tmp_path, paper, clock) as here:
            await here.quiet()
            assert len(paper.marked()) == 1


async def test_cable_that_is_pulled_in_mid_slip_leaves_a_half_that_is_cut_off(tmp_path: Path) -> None:
    async with tray(tmp_path) as paper, kiosk(tmp_path, paper) as here:
        paper.printer.slow = 4
        ticket = await here.take()
        await until(lambda: paper.printer.on_platen)
        paper.port.unplug()
        await here.broken_off(ticket)
        paper.printer.tap.off()  # it was powered by the same plug
        paper.printer.tap.on()
        paper.port.plug()
        await one_marked_slip(here, ticket)
        half = paper.printer.slips[0]
        assert "补打" not in half.text
        assert half.text
        assert not half.qr_codes
