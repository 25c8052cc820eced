"""The two witnesses meet: real drivers on real ports against devices written without sight of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from drivers import link, registry
from drivers.bus import Bus
from drivers.emulation.clock import Pace
from drivers.emulation.ports import PtyPort
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.keypad import PadKey, RatingKey
from drivers.keypad.emulator import CALL, Keypads
from drivers.led import SignText
from drivers.led.emulator import Signs
from drivers.printer import Job, Qr, Text
from drivers.printer.emulator import PAPER_58, Printer
from drivers.registry import Session, Settings
from tests.wires import KINDS, BadWire

SCALE = 10


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what comes through a pty sets no event of ours
            await asyncio.sleep(0.002)


@asynccontextmanager
async def connected(driver: str, path: Path, settings: Settings, sink: registry.Sink) -> AsyncIterator[Any]:
    """The driver's session on the port, kept as the hub keeps it."""
    sessions: list[Session] = []

    def attach(bus: Bus) -> list[Session]:
        sessions.append(registry.load(driver).open(bus, settings, sink))
        return sessions[-1:]

    async with asyncio.TaskGroup() as tasks:
        url = f"serial://{path}?baud=9600"
        task = tasks.create_task(link.keep(url, attach, lambda _: None, random=Random(1)))
        await until(lambda: sessions)
        yield sessions[-1]
        task.cancel()


@pytest.fixture
async def wire() -> Wire:
    return Wire(Pace(SCALE, patience_s=0.25), seed=1)


@pytest.fixture
async def port(wire: Wire, tmp_path: Path) -> AsyncIterator[PtyPort]:
    port = PtyPort(wire, tmp_path / "port")
    port.plug()
    yield port
    port.unplug()


PRESSES_MOST = 40


@pytest.mark.parametrize("kind", KINDS)
async def test_no_wire_makes_a_press_that_was_not_made_or_loses_an_acknowledged_one(
    kind: str, wire: Wire, port: PtyPort, tmp_path: Path
) -> None:
    truth = Truth(wire.clock)
    pads = Keypads(wire, truth=truth, seed=kind)
    pads.add(3)
    pads.add(4)
    stored: list[RatingKey | PadKey] = []
    connection: list[Any] = []

    async def store_then_acknowledge(event: object) -> None:
        if isinstance(event, RatingKey | PadKey):
            stored.append(event)
            await connection[0].acknowledge(event)

    settings = Settings("pads", addresses=(3, 4))
    async with (
        BadWire(port.path, tmp_path / "bad", KINDS[kind], seed=5) as bad,
        connected("keypad.ff68", bad.path, settings, store_then_acknowledge) as session,
    ):
        connection.append(session)
        for number in range(PRESSES_MOST):
            pads.press(3, number % 4)
            await until(lambda told=number + 1: len(truth.of("acked")) + len(truth.of("unacked")) == 2 * told - 1)
            pads.pad(4, CALL)
            await until(lambda told=number + 1: len(truth.of("acked")) + len(truth.of("unacked")) == 2 * told)
            if number >= 5 and len(truth.of("acked")) >= 8:
                break  # on a busy machine a pad gives up more often
    frames = {(one.device, one.detail["press"]): one.detail["raw"] for one in truth.of("sent")}
    acked = Counter(frames[one.device, one.detail["press"]] for one in truth.of("acked"))
    seen = Counter(event.raw for event in stored)
    assert set(seen) <= set(frames.values())
    assert acked.total() >= 8
    assert acked <= seen


async def test_a_sign_shows_what_the_driver_was_told(wire: Wire, port: PtyPort) -> None:
    signs = Signs(wire, truth=Truth(wire.clock))
    signs.add(1)
    async with connected("led.onbon", port.path, Settings("sign", addresses=(1,), size=(64, 16)), _ignore) as sign:
        await sign.show(1, SignText("A001请到3号窗口", colour="green", timeout_s=600))
        shown = signs.at(1).shown()
        assert (shown.text, shown.colour) == ("A001请到3号窗口", "green")
        assert signs.at(1).areas[0].run_mode == 2
        await sign.set_brightness(1, 4)
        assert signs.at(1).level == 4
        await sign.clear(1)
        assert signs.what_is_shown(1) == ""


async def test_a_slip_carries_what_the_driver_was_given(tmp_path: Path) -> None:
    wire = Wire(Pace(SCALE), half_duplex=False)
    port = PtyPort(wire, tmp_path / "printer")
    port.plug()
    printer = Printer(wire, truth=Truth(wire.clock), profile=PAPER_58)
    async with connected("printer.escpos", port.path, Settings("printer"), _ignore) as session:
        elements = (Text("A001", size=3, align="centre"), Text("请到3号窗口"), Qr("http://hall.example/r/x"))
        receipt = await session.print(Job("A001", elements))
        await until(lambda: printer.slips)
    slip = printer.slips[0]
    assert receipt.outcome in {"out", "sent"}
    assert slip.text == "A001\n请到3号窗口\n"
    assert (slip.lines[0].runs[0].width, slip.lines[0].align) == (3, "centre")
    assert slip.qr_codes[0].data == b"http://hall.example/r/x"
    port.unplug()


def _ignore(_event: object) -> None:
    """Events that these tests don't look at."""
