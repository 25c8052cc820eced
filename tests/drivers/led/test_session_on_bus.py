"""A session on the real bus: one sign, bytes both ways, the loop's own time."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from drivers.bus import Bus
from drivers.errors import LinkLost
from drivers.led import SignText
from drivers.led.driver import open_session
from drivers.led.protocols.onbon_frame import Decoder, Frame
from drivers.registry import Settings
from drivers.transports.mem import MemTransport, mem_pair
from tests.drivers.led.fake_line import Card


async def answer(far: MemTransport, card: Card) -> None:
    """The card's side of the wire, its answers in two portions."""
    decoder = Decoder()
    with suppress(LinkLost):
        while True:
            for frame in decoder.feed((await far.receive()).data):
                assert isinstance(frame, Frame)
                reply = card.answer(frame)
                await far.send(reply[:11])
                await far.send(reply[11:])


async def test_sign_is_shown_found_well_and_lost_with_its_line() -> None:
    near, far = mem_pair("sign")
    bus, card = Bus(near), Card(1)
    session = open_session(bus, Settings(id="sign-3", size=(128, 16)), lambda _: None)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(answer(far, card))
        reading = tasks.create_task(until_lost(bus.run()))
        await session.show(1, SignText("A012 请到3号窗口"))
        assert card.texts[0].decode("gb2312") == "\\C1A012 请到3号窗口"
        assert session.health().state == "ok"
        watching = tasks.create_task(until_lost(session.run()))
        await far.aclose()
        assert await reading
        assert await watching


async def until_lost(work: object) -> bool:
    """Whether the work ended because the line did."""
    try:
        await work  # type: ignore[misc]
    except LinkLost:
        return True
    return False
