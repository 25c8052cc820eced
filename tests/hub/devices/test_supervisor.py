"""All devices of a hall: connected, watched, asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import structlog

from drivers.errors import BadOption
from drivers.transports.mem import MemTransport, mem_pair
from hub.bench.rooms import hall_toml
from hub.config import parse
from hub.devices import Devices, drills, maintenance, supervisor
from hub.domain.events import DeviceOffline, DeviceOnline, MaintenanceEnded, MaintenanceStarted, PressUnmatched
from hub.errors import NotFound, StateForbids
from hub.hall import Press
from tests.hub.devices.fakes import FakeSession
from tests.hub.devices.rooms import Room, at_work, room, until

KEYPAD = '[[devices]]\nid = "pads"\ndriver = "keypad.fake"\nport = "mem://pads"\nwindows = { 7 = 1, 8 = 2, 9 = 1 }'
SIGN = '[[devices]]\nid = "sign"\ndriver = "led.fake"\nport = "mem://sign"\nwindows = { 1 = 1, 2 = 2 }'
PRINTER = '[[devices]]\nid = "printer"\ndriver = "printer.fake"\nport = "mem://printer"\nkiosk = "K1"'


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "WATCH_S", 0.002)
    monkeypatch.setattr(maintenance, "LOOK_S", 0.002)


@dataclass
class Hall:
    """A room with devices."""

    room: Room
    devices: Devices
    sessions: dict[str, FakeSession]

    def state(self, device: str) -> str:
        return next(item.state for item in self.devices.items() if item.id == device)

    async def opened(self, *devices: str) -> None:
        await until(lambda: set(devices) <= self.sessions.keys())

    async def facts(self) -> list[DeviceOnline | DeviceOffline]:
        return [*await self.room.facts(DeviceOnline), *await self.room.facts(DeviceOffline)]

    def press(self, address: int, key: int, window: int = 1) -> None:
        self.room.clock.advance(2)
        received_ns = self.room.clock.mono_ns()
        self.room.hall.record_press(Press("pads", address, window, key, 5, bytes([address, key]), received_ns))


@asynccontextmanager
async def devices(folder: Path, sessions: dict[str, FakeSession], *tables: str) -> AsyncIterator[Hall]:
    config = parse(hall_toml(devices=tables), folder / "hall.toml")
    async with room(folder / "data", setup=config.setup()) as here:
        yield Hall(here, Devices(config, here.hall, here.shown, here.bus, public_url="http://hall.example"), sessions)


@asynccontextmanager
async def running(
    folder: Path, sessions: dict[str, FakeSession], *tables: str, plugged: Sequence[str] = ()
) -> AsyncIterator[tuple[Hall, dict[str, MemTransport]]]:
    """The same at work; `plugged` names the ports that are there, of which the far ends are given."""
    ends = {name: mem_pair(name) for name in plugged}
    async with devices(folder, sessions, *tables) as hall, at_work(hall.devices.run()) as task:
        yield hall, {name: far for name, (_, far) in ends.items()}
        assert not task.done(), task


Sessions = dict[str, FakeSession]


async def test_device_that_answers_is_told_online_once(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, SIGN, plugged=["sign"]) as (hall, _):
        await hall.opened("sign")
        assert hall.state("sign") == "unknown"
        assert await hall.facts() == []
        for state in ("ok", "degraded", "ok"):
            fake_drivers["sign"].state = state  # type: ignore[assignment]
            await until(lambda: hall.state("sign") == fake_drivers["sign"].state)
            await until(lambda: hall.devices.devices["sign"].online)
        assert await hall.facts() == [DeviceOnline("sign", "led.fake", (1, 2))]


async def test_device_that_comes_while_no_more_facts_fit_in_memory_is_told_later(
    fake_drivers: Sessions, tmp_path: Path
) -> None:
    async with running(tmp_path, fake_drivers, SIGN, plugged=["sign"]) as (hall, _):
        await hall.opened("sign")
        bus, device = hall.room.bus, hall.devices.devices["sign"]
        bus._on_trouble("disk full")
        bus._pending_most = 0
        fake_drivers["sign"].state = "ok"
        await until(lambda: hall.state("sign") == "ok")
        await asyncio.sleep(0.02)
        assert not device.online
        bus._on_trouble(None)
        await until(lambda: device.online)
        assert await hall.facts() == [DeviceOnline("sign", "led.fake", (1, 2))]


async def test_cable_pulled_while_no_more_facts_fit_in_memory_is_told_later(
    fake_drivers: Sessions, tmp_path: Path
) -> None:
    async with running(tmp_path, fake_drivers, SIGN, plugged=["sign"]) as (hall, far):
        await hall.opened("sign")
        bus, device = hall.room.bus, hall.devices.devices["sign"]
        fake_drivers["sign"].state = "ok"
        await until(lambda: device.online)
        bus._on_trouble("disk full")
        bus._pending_most = 0
        await far["sign"].aclose()
        await until(lambda: hall.state("sign") == "absent")
        await asyncio.sleep(0.02)
        assert (await hall.devices.probe("sign")).state == "absent"
        assert device.online
        bus._on_trouble(None)
        await until(lambda: not device.online)
        assert await hall.facts() == [
            DeviceOnline("sign", "led.fake", (1, 2)),
            DeviceOffline("sign", "led.fake", (1, 2), "unplugged"),
        ]


@pytest.mark.parametrize("state", ["absent", "unknown"])
async def test_device_that_falls_silent_is_told_offline_once_and_online_again(
    state: str, fake_drivers: Sessions, tmp_path: Path
) -> None:
    async with running(tmp_path, fake_drivers, SIGN, plugged=["sign"]) as (hall, _):
        await hall.opened("sign")
        session, device = fake_drivers["sign"], hall.devices.devices["sign"]
        session.state = "ok"
        await until(lambda: device.online)
        session.state, session.detail = state, "no answer"  # type: ignore[assignment]
        await until(lambda: device.online is False)
        session.state = "unknown"
        await asyncio.sleep(0.02)
        session.state = "ok"
        await until(lambda: device.online)
        assert await hall.facts() == [
            *[DeviceOnline("sign", "led.fake", (1, 2))] * 2,
            DeviceOffline("sign", "led.fake", (1, 2), "no answer"),
        ]


async def test_silent_keypad_is_not_offline(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, KEYPAD, plugged=["pads"]) as (hall, _):
        await hall.opened("pads")
        fake_drivers["pads"].state = "ok"
        await until(lambda: hall.devices.devices["pads"].online)
        fake_drivers["pads"].state = "unknown"
        await until(lambda: hall.state("pads") == "unknown")
        await asyncio.sleep(0.02)
        assert await hall.facts() == [DeviceOnline("pads", "keypad.fake", (1, 2))]


async def test_pulled_cable_shows_at_once_and_the_device_comes_back(fake_drivers: Sessions, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logged:
        async with running(tmp_path, fake_drivers, KEYPAD, plugged=["pads"]) as (hall, ends):
            await hall.opened("pads")
            fake_drivers["pads"].state = "ok"
            await until(lambda: hall.devices.devices["pads"].online)
            fake_drivers.clear()
            await ends["pads"].aclose()
            await until(lambda: hall.state("pads") == "absent")
            assert [item.detail for item in hall.devices.items()] == ["unplugged"]
            assert hall.devices.tap("pads").frames == ()
            again = mem_pair("pads")
            await hall.opened("pads")
            assert hall.state("pads") == "unknown"
            assert again[0].taken
            fake_drivers["pads"].state = "ok"
            await until(lambda: hall.devices.devices["pads"].online)
            assert [type(fact) for fact in await hall.facts()] == [DeviceOnline, DeviceOnline, DeviceOffline]
    lines = [one["event"] for one in logged if one["event"].startswith(("port.", "device."))]
    assert lines == ["port.open", "device.online", "port.lost", "device.offline", "port.open", "device.online"]


async def test_port_that_is_not_there_is_absent_from_the_start(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, SIGN) as (hall, _):
        await until(lambda: hall.state("sign") == "absent")
        assert await hall.facts() == [DeviceOffline("sign", "led.fake", (1, 2), "no such port; mem_pair() makes one")]


async def test_two_devices_on_one_port_share_its_line(fake_drivers: Sessions, tmp_path: Path) -> None:
    one = KEYPAD.replace("mem://pads", "mem://line?baud=9600&parity=N")
    other = SIGN.replace("mem://sign", "mem://line?parity=N&baud=9600")
    async with running(tmp_path, fake_drivers, one, other, plugged=["line"]) as (hall, ends):
        await hall.opened("pads", "sign")
        assert fake_drivers["pads"].line is fake_drivers["sign"].line
        await ends["line"].aclose()
        await until(lambda: {hall.state("pads"), hall.state("sign")} == {"absent"})


async def test_press_of_an_address_that_nobody_configured_is_one_devices_to_tell(
    fake_drivers: Sessions, tmp_path: Path
) -> None:
    tables = [
        KEYPAD.replace('"pads"', '"one"').replace("mem://pads", "mem://line"),
        '[[devices]]\nid = "two"\ndriver = "keypad.fake"\nport = "mem://line"\nwindows = { 4 = 2 }',
        SIGN.replace("mem://sign", "mem://line"),
    ]
    async with running(tmp_path, fake_drivers, *tables, plugged=["line"]) as (hall, _):
        await hall.opened("one", "two", "sign")
        settings = [fake_drivers[name].settings for name in ("one", "two")]
        heard = {address: [address not in one.elsewhere for one in settings] for address in range(256)}
        assert [owners for address, owners in heard.items() if address == 4] == [[False, True]]
        assert all(owners == [True, False] for address, owners in heard.items() if address != 4)


async def test_settings_that_no_waiting_heals_leave_the_other_ports_alone(
    fake_drivers: Sessions, tmp_path: Path
) -> None:
    bad = KEYPAD + "\noptions = { bad = 1 }"
    with structlog.testing.capture_logs() as logged:
        async with running(tmp_path, fake_drivers, bad, SIGN, plugged=["pads", "sign"]) as (hall, _):
            await hall.opened("sign")
            await until(lambda: hall.state("pads") == "absent")
            (item,) = (item for item in hall.devices.items() if item.id == "pads")
            assert "expected nothing" in item.detail
            fake_drivers["sign"].state = "ok"
            await until(lambda: hall.state("sign") == "ok")
    assert [one["reason"] for one in logged if one["event"] == "device.unusable"] == ["pads: bad: expected nothing"]


async def test_port_that_makes_no_sense_is_told_the_same_way(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, SIGN.replace("mem://sign", "tcp://nowhere")) as (hall, _):
        await until(lambda: hall.state("sign") == "absent")
        assert "host:port" in hall.devices.items()[0].detail


async def test_family_that_the_hall_does_not_know_is_refused(fake_drivers: Sessions, tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with devices(tmp_path, fake_drivers, SIGN.replace("led.fake", "speaker.fake")):
            pass
    assert caught.group_contains(BadOption, match="speaker")


async def test_settings_reach_the_driver_in_its_own_words(fake_drivers: Sessions, tmp_path: Path) -> None:
    keypad = KEYPAD + "\nkeys = { 5 = 1 }"
    async with running(tmp_path, fake_drivers, keypad, SIGN, PRINTER, plugged=["pads", "sign", "printer"]) as (hall, _):
        await hall.opened("pads", "sign", "printer")
        settings = {name: session.settings for name, session in fake_drivers.items()}
        assert (settings["pads"].addresses, settings["pads"].keys) == ((7, 8, 9), {5: 1})
        assert settings["sign"].size == (64, 16), "the usual sign where the configuration names no size"
        assert settings["printer"].addresses == ()


async def test_items_say_where_each_device_belongs(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with devices(tmp_path, fake_drivers, KEYPAD, PRINTER) as hall:
        pads, printer = hall.devices.items()
        assert (pads.id, pads.driver, pads.state, pads.windows, pads.kiosk) == (
            "pads",
            "keypad.fake",
            "unknown",
            (1, 2),
            None,
        )
        assert (printer.windows, printer.kiosk) == ((), "K1")
        assert pads.since.endswith("+08:00")
        with pytest.raises(NotFound):
            hall.devices.tap("none")


async def test_watchers_are_told_of_changes_until_they_stop(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, SIGN, plugged=["sign"]) as (hall, _):
        await hall.opened("sign")
        told: list[str] = []
        stop = hall.devices.watch(lambda: told.append(hall.state("sign")))
        fake_drivers["sign"].state = "ok"
        await until(lambda: told and told[-1] == "ok")
        count = len(told)
        await asyncio.sleep(0.02)
        assert len(told) == count, "nothing changed"
        stop()
        fake_drivers["sign"].state = "degraded"
        await until(lambda: hall.state("sign") == "degraded")
        await asyncio.sleep(0.02)
        assert len(told) == count


async def test_probe_asks_signs_and_printers_and_no_keypad(fake_drivers: Sessions, tmp_path: Path) -> None:
    tables = (KEYPAD, SIGN, PRINTER)
    async with running(tmp_path, fake_drivers, *tables, plugged=["pads", "sign", "printer"]) as (hall, _):
        await hall.opened("pads", "sign", "printer")
        states = [(await hall.devices.probe(device)).state for device in ("pads", "sign", "printer")]
        assert states == ["unknown", "ok", "ok"]
        assert fake_drivers["sign"].asked == [1, 2]
        assert fake_drivers["printer"].asked == ["status"]
        assert fake_drivers["pads"].asked == []
        with pytest.raises(NotFound):
            await hall.devices.probe("none")


async def test_probe_of_a_device_whose_line_is_gone_tells_its_state(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, SIGN, PRINTER, plugged=["sign"]) as (hall, _):
        await hall.opened("sign")
        fake_drivers["sign"].lost = True
        assert (await hall.devices.probe("sign")).state == "unknown"
        await until(lambda: hall.state("printer") == "absent")
        assert (await hall.devices.probe("printer")).state == "absent"


async def test_tap_shows_what_went_over_the_wire(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, SIGN, plugged=["sign"]) as (hall, ends):
        await hall.opened("sign")
        await fake_drivers["sign"].line.send(b"\x01\xab")
        await ends["sign"].send(b"\x06")
        await until(lambda: len(hall.devices.tap("sign").frames) == 2)
        assert [(frame.way, frame.raw) for frame in hall.devices.tap("sign").frames] == [("out", "01 ab"), ("in", "06")]


async def test_kiosk_prints_while_its_printer_is_there_and_well(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with running(tmp_path, fake_drivers, PRINTER, SIGN, plugged=["printer"]) as (hall, ends):
        await hall.opened("printer")
        assert not hall.devices.prints("K1")
        fake_drivers["printer"].well()
        assert hall.devices.prints("K1")
        assert not hall.devices.prints("K2")
        fake_drivers["printer"].state = "unknown"
        assert not hall.devices.prints("K1")
        fake_drivers["printer"].well()
        await ends["printer"].aclose()
        await until(lambda: not hall.devices.prints("K1"))


# --- drills ----------------------------------------------------------------------------------------------------------


async def drilled(hall: Hall) -> list[MaintenanceStarted | MaintenanceEnded]:
    started = [replace(fact, until_ms=None) for fact in await hall.room.facts(MaintenanceStarted)]
    return [*started, *await hall.room.facts(MaintenanceEnded)]


def drill_of(device: str, by: str) -> MaintenanceStarted:
    return MaintenanceStarted(device, by, (1, 2))


async def test_drill_asks_for_every_key_and_ends_when_all_were_seen(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with devices(tmp_path, fake_drivers, KEYPAD.replace("{ 7 = 1, 8 = 2, 9 = 1 }", "{ 7 = 1, 8 = 2 }")) as hall:
        drill = await hall.devices.drill("pads", by="张三")
        assert drill.running
        assert [(key.window, key.key, key.level, key.seen) for key in drill.keys] == [
            (1, 0, 2, False),
            (1, 1, 5, False),
            (2, 0, 2, False),
            (2, 1, 5, False),
        ]
        for address, key in ((7, 0), (8, 1), (7, 1)):
            hall.press(address, key)
        await until(lambda: hall.room.shown.state.seq == hall.room.bus.last_seq)
        again = await hall.devices.drill("pads", by="李四")
        assert [key.seen for key in again.keys] == [True, True, False, True]
        hall.press(8, 0)
        await until(lambda: hall.room.shown.state.seq == hall.room.bus.last_seq)
        assert await drilled(hall) == [drill_of("pads", "张三"), MaintenanceEnded("pads", "张三", (1, 2))]
        presses = await hall.room.facts(PressUnmatched)
        assert [press.disposition for press in presses] == ["maintenance"] * 4
        hall.press(7, 0)
        assert [press.disposition for press in await hall.room.facts(PressUnmatched)][4:] == ["closed"]


async def test_drill_that_is_forgotten_ends_by_itself(
    fake_drivers: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drills, "DRILL_S", 0.02)
    async with devices(tmp_path, fake_drivers, KEYPAD) as hall:
        assert (await hall.devices.drill("pads", by="张三")).running
        await until(lambda: not hall.devices._drills._drills["pads"].running)
        assert await drilled(hall) == [drill_of("pads", "张三"), MaintenanceEnded("pads", "张三", (1, 2))]
        assert (await hall.devices.drill("pads", by="李四")).running
        assert (await drilled(hall))[1] == drill_of("pads", "李四")


async def test_drill_that_a_restart_broke_off_ends_with_it(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with devices(tmp_path, fake_drivers, KEYPAD) as before:
        await before.devices.drill("pads", by="张三")
        await before.room.run.settled()
    async with running(tmp_path, fake_drivers, KEYPAD) as (hall, _):
        await until(lambda: not hall.room.hall.state.maintenance)
        assert (await drilled(hall))[-1] == MaintenanceEnded("pads", "restart", (1, 2))


@pytest.mark.parametrize("table", [SIGN, PRINTER])
async def test_device_without_keys_can_not_be_drilled(table: str, fake_drivers: Sessions, tmp_path: Path) -> None:
    async with devices(tmp_path, fake_drivers, table) as hall:
        with pytest.raises(StateForbids, match="没有评价键"):
            await hall.devices.drill(hall.devices.items()[0].id, by="张三")
        with pytest.raises(NotFound):
            await hall.devices.drill("none", by="张三")


# --- maintenance -----------------------------------------------------------------------------------------------------


async def became(hall: Hall) -> list[str]:
    return [press.disposition for press in await hall.room.facts(PressUnmatched)]


async def test_keypad_under_maintenance_is_one_windows_and_lasts_until_its_end(
    fake_drivers: Sessions, tmp_path: Path
) -> None:
    async with devices(tmp_path, fake_drivers, KEYPAD) as hall:
        heard: list[int] = []
        hall.devices.watch(lambda: heard.append(1))
        item = await hall.devices.maintain("pads", [1], minutes=30, reason="换键帽", by="张三")
        assert [(one.what, one.windows, one.reason, one.by) for one in item.maintenance] == [
            ("maintenance", (1,), "换键帽", "张三")
        ]
        hall.press(7, 0)
        hall.press(8, 0, window=2)
        item = await hall.devices.end_maintenance("pads", None, by="李四")
        assert item.maintenance == ()
        hall.press(7, 1)
        assert await became(hall) == ["maintenance", "closed", "closed"]
        assert len(heard) == 2


async def test_maintenance_that_is_forgotten_ends_by_itself_also_over_a_restart(
    fake_drivers: Sessions, tmp_path: Path
) -> None:
    async with running(tmp_path, fake_drivers, KEYPAD) as (before, _):
        await before.devices.maintain("pads", [1], minutes=2, reason="换键帽", by="张三")
        until_ms = before.room.hall.state.maintenance[0].until_ms
    async with running(tmp_path, fake_drivers, KEYPAD) as (hall, _):
        hall.press(7, 0)
        assert await became(hall) == ["maintenance"]
        hall.room.clock.advance((until_ms or 0) / 1000 - hall.room.clock.wall_ms() / 1000 + 1)
        await until(lambda: not hall.room.hall.state.maintenance)
        assert (await hall.room.facts(MaintenanceEnded))[-1] == MaintenanceEnded("pads", "time", (1,), "maintenance")


async def test_maintenance_begun_again_has_the_new_end(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with devices(tmp_path, fake_drivers, KEYPAD) as hall:
        await hall.devices.maintain("pads", None, minutes=1, reason="换键帽", by="张三")
        await hall.devices.maintain("pads", [2], minutes=90, reason="换线", by="张三")
        work = [(one.windows, one.reason) for one in hall.devices.items()[0].maintenance]
        assert work == [((1,), "换键帽"), ((2,), "换线")]


async def test_maintenance_of_what_is_not_there_is_refused(fake_drivers: Sessions, tmp_path: Path) -> None:
    async with devices(tmp_path, fake_drivers, KEYPAD, SIGN) as hall:
        for device, windows, error in (("none", None, NotFound), ("pads", [3], NotFound), ("sign", None, StateForbids)):
            with pytest.raises(error):
                await hall.devices.maintain(device, windows, minutes=5, reason="x", by="张三")
        with pytest.raises(StateForbids, match="没有在维护中"):
            await hall.devices.end_maintenance("pads", None, by="张三")
        assert await drilled(hall) == []
