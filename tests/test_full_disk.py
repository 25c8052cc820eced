"""The disk gets full in mid-day: nothing is acknowledged, calling goes on, all are told, and it heals by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.keypad.emulator import CALL
from hub.domain import events as e
from hub.eventlog import writer
from tests.disks import Disk, small_files, small_filesystem
from tests.halls import OpenHall, Premises, audit, hardware, until


@pytest.fixture(params=[small_filesystem, small_files])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    monkeypatch.setattr(writer, "RETRY_S", 0.02)
    with request.param(tmp_path / "disk") as it:
        yield it


async def healed(hall: OpenHall) -> None:
    await until(lambda: hall.hub.bus.trouble is None, "the disk takes again")
    await hall.settled()


async def test_a_full_disk_stops_acknowledgements_not_the_hall(disk: Disk, tmp_path: Path) -> None:
    with hardware(tmp_path) as devices:
        premises = Premises(tmp_path, devices, data=disk.folder)
        async with premises.open() as hall, hall.wall() as wall:
            await hall.sign_on()
            first, second, third = [await hall.take(kiosk=None) for _ in range(3)]
            await hall.verb(3, "next")
            await hall.verb(3, "finish")
            await hall.quiet()
            disk.fill()

            # The citizen's press is heard, but nothing may promise that it is kept.
            press = devices.pads.press(3, 3)
            assert await hall.told(3, press) == "unacked"
            assert not hall.facts(e.KeyPressed, e.RatingRecorded)

            # Calling goes on from memory, by page and by pad, once each; wall and signs show it.
            called = await hall.verb(3, "next", status=202)
            assert (called["number"], called["stored"]) == (second["number"], False)
            await until(lambda: wall.call == (second["number"], 3), "the call on the wall")
            await until(lambda: second["number"] in devices.signs.what_is_shown(3), "the call on the sign")
            pad = devices.pads.pad(4, CALL)
            assert await hall.told(4, pad) == "unacked"
            await until(lambda: wall.call == (third["number"], 4), "the pad's call on the wall")
            await until(lambda: third["number"] in devices.signs.what_is_shown(4), "the pad's call on the sign")

            # No ticket that could be lost, and everybody is told why.
            refused = await hall.client("device").post("/api/v1/tickets", json={"service": "social"})
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            await until(lambda: wall.board["notices"], "the notice on the wall")

            disk.free()
            await healed(hall)
            [rating] = hall.facts(e.RatingRecorded)
            assert (rating.ticket, rating.level) == (first["id"], 5)
            assert len(hall.facts(e.TicketCalled)) == 3
            await until(lambda: not wall.board["notices"], "the notice is gone")
            await hall.verb(3, "finish")
            await hall.later()
            assert await hall.told(3, devices.pads.press(3, 1)) == "acked"
            assert (await hall.take())["number"] == "A004"
        found = audit(premises)
        assert found.dispositions("pad-3", press)[0] == "rating"
        assert set(found.dispositions("pad-3", press)[1:]) <= {"bounce", "duplicate"}


async def test_a_hub_that_ends_on_a_full_disk_starts_with_what_it_promised(disk: Disk, tmp_path: Path) -> None:
    with hardware(tmp_path) as devices:
        premises = Premises(tmp_path, devices, data=disk.folder)
        async with premises.open() as hall:
            await hall.sign_on()
            tickets = [await hall.take(kiosk=None) for _ in range(3)]
            disk.fill()
            await hall.verb(3, "next", status=202)
        disk.free()
        async with premises.open() as hall:
            assert [ticket.number for ticket in hall.hub.hall.state.waiting("social")] == [
                ticket["number"] for ticket in tickets
            ]
            assert (await hall.verb(3, "next"))["number"] == tickets[0]["number"]
        audit(premises)
