"""A day's work in a small hall while its devices and wires fail in every way that the emulators know.

Whatever fails: no press that was not made, every acknowledged one stored, one rating a visit, calling goes on, nobody
is told that a device is well while it is not, and it comes back by itself. `audit` holds the log against the devices.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from drivers.emulation.faults import Faults
from drivers.keypad.emulator import CALL, RECALL
from drivers.printer.emulator import Printer
from hub.domain import events as e
from tests.halls import Audit, Hardware, OpenHall, Premises, Visit, audit, hardware, until

LONG = pytest.mark.long
RESENT = {"bounce", "duplicate"}
"""What a frame is that a device sends once more."""
SPOILT = {
    "drop": {"drop": 0.02},
    "flip": {"flip": 0.01},  # two flips in one frame may cancel out in FF68's check sum: they must stay rare
    "double": {"double": 0.02},
    "noise": {"noise": 0.02},
    "everything": {"drop": 0.008, "flip": 0.004, "double": 0.008, "noise": 0.008},
}

Measure = Callable[[str, float], None]


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Iterator[Measure]:
    """Write down how long something took; `pytest -rP` shows it."""
    lines: list[str] = []
    yield lambda what, seconds: lines.append(f"{request.node.name}: {what} {seconds:.2f} s\n")
    sys.stdout.writelines(lines)


@pytest.fixture
async def devices(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Hardware]:
    with hardware(tmp_path, seed=request.node.name) as plugged:
        yield plugged


@pytest.fixture
def premises(tmp_path: Path, devices: Hardware) -> Premises:
    return Premises(tmp_path, devices)


@asynccontextmanager
async def working(premises: Premises) -> AsyncIterator[OpenHall]:
    async with premises.open() as opened:
        await opened.sign_on()
        yield opened


def spoil(faults: Faults, kind: str, *, times: float = 1) -> Faults:
    for knob, share in SPOILT[kind].items():
        setattr(faults, knob, times * share)
    return faults


async def visits(hall: OpenHall, count: int) -> list[Visit]:
    return [await hall.visit(3 + n % 2, n % 4) for n in range(count)]


def assert_rated_once(found: Audit, *these: Visit) -> None:
    """Each visit's press became its rating, and whatever else came of it was kept as a resend."""
    became = {visit.number: found.dispositions(visit.pad, visit.press) for visit in these}
    assert {number: one for number, one in became.items() if one[:1] != ["rating"] or not set(one[1:]) <= RESENT} == {}


# --- keypads: what a wire does to bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "times"), [(6, 1.0), pytest.param(100, 0.3, marks=LONG)])
@pytest.mark.parametrize("kind", SPOILT)
async def test_spoilt_bytes_make_no_press_and_lose_none_that_was_acknowledged(
    premises: Premises, kind: str, count: int, times: float
) -> None:
    async with working(premises) as hall:
        faults = spoil(premises.devices.pads_wire.faults, kind, times=times)
        spoilt = await visits(hall, count)
        while not all(faults.counts[knob] for knob in SPOILT[kind]):
            spoilt += await visits(hall, 1)
        faults.clear()
        well = await visits(hall, 2)
    found = audit(premises)
    acknowledged = [visit for visit in spoilt if visit.fate == "acked"]
    assert len(acknowledged) > len(spoilt) / 2
    assert_rated_once(found, *acknowledged, *well)


async def test_a_burst_of_noise_costs_one_frame_at_most(premises: Premises) -> None:
    async with working(premises) as hall:
        these = []
        for count in (1, 5, 64, 300):
            ticket = await hall.serve()
            await hall.quiet()
            premises.devices.pads_wire.noise(count)
            press = premises.devices.pads.press(3, count % 4)
            these.append(Visit(ticket["id"], ticket["number"], "pad-3", press, await hall.told(3, press)))
            await hall.later()
    assert_rated_once(audit(premises), *these)
    attempts = [one.detail["attempt"] for one in premises.devices.truth.of("acked")]
    assert len(attempts) == 4
    assert set(attempts) <= {1, 2}


async def test_a_lost_acknowledgement_brings_a_resend_that_is_no_second_rating(premises: Premises) -> None:
    devices = premises.devices
    async with working(premises) as hall:
        await hall.serve()
        await hall.quiet()
        hub_end = devices.pads_port.station
        hub_end.faults = Faults(silent=True)
        press = devices.pads.press(3, 3)
        await until(lambda: hub_end.faults and hub_end.faults.counts["silent"] >= 20, "two lost acknowledgements")
        hub_end.faults = None
        assert await hall.told(3, press) == "acked"
    became = audit(premises).dispositions("pad-3", press)
    assert became[0] == "rating"
    assert len(became) > 2
    assert set(became[1:]) <= RESENT


# --- keypads: what they do themselves --------------------------------------------------------------------------------


async def test_a_silent_pad_is_not_heard_and_calling_goes_on(premises: Premises) -> None:
    async with working(premises) as hall:
        pad = premises.devices.pads.at(3)
        pad.tap.silent = True
        unheard = await hall.visit()
        assert unheard.fate == "unacked"
        assert not hall.facts(e.KeyPressed)
        assert hall.state("pads") == "unknown"
        pad.tap.silent = False
        heard = await hall.visit()
        await hall.becomes("pads", "ok")
    found = audit(premises)
    assert_rated_once(found, heard)
    assert found.count() == {"rating": 1}


async def test_a_slow_pad_is_waited_for(premises: Premises) -> None:
    async with working(premises) as hall:
        premises.devices.pads.at(3).tap.slow_s = 0.3
        slow = await hall.visit()
    assert slow.fate == "acked"
    assert_rated_once(audit(premises), slow)


async def test_a_pad_that_loses_power_at_any_moment_of_a_press_makes_no_second_rating(premises: Premises) -> None:
    devices = premises.devices
    pad = devices.pads.at(3)
    tickets = []
    async with working(premises) as hall:
        for after_s in (0.0, 0.004, 0.009, 0.0105, 0.013, 0.02):
            tickets.append((await hall.serve())["id"])
            await hall.quiet()
            pad.press(2)
            devices.pace.call_at(devices.pace.now() + after_s, lambda: pad.tap.reboot(0.1))
            await until(lambda: not pad.tap.awake, "power off")
            await until(lambda: pad.tap.awake, "power on")
            again = pad.press(2)  # nothing lit up, so the citizen presses once more
            assert await hall.told(3, again) == "acked"
            await hall.later()
        ratings = hall.facts(e.RatingRecorded)
    audit(premises)
    assert [rating.ticket for rating in ratings] == tickets


async def test_a_pulled_line_shows_and_comes_back_to_the_right_windows(premises: Premises, measure: Measure) -> None:
    port = premises.devices.pads_port
    async with working(premises) as hall:
        before = await visits(hall, 2)
        await hall.becomes("pads", "ok")
        port.unplug()
        measure("absent after", await hall.becomes("pads", "absent"))
        lost = await hall.visit()  # calling goes on
        assert lost.fate == "unacked"
        assert hall.state("pads") == "absent"
        port.plug()
        measure("open again after", await hall.becomes("pads", "unknown", "ok"))
        after = await visits(hall, 2)
        await hall.becomes("pads", "ok")
        await hall.settled()
        gone = [fact.device for fact in hall.facts(e.DeviceOffline)]
        came = [fact.device for fact in hall.facts(e.DeviceOnline)]
    found = audit(premises)
    assert_rated_once(found, *before, *after)
    assert (lost.pad, lost.press) not in found.frames
    assert gone == ["pads"]
    assert came.count("pads") == 2
    windows = {(fact.address, fact.window) for facts in found.frames.values() for fact in facts}
    assert windows == {(3, 3), (4, 4)}


async def test_a_bouncing_contact_rates_once_and_calls_once(premises: Premises) -> None:
    devices = premises.devices

    def bounced(press: int) -> bool:
        return any(one.detail["press"] == press and not one.detail["attempt"] for one in devices.truth.of("sent"))

    these: list[Visit] = []
    async with working(premises) as hall:
        for key in range(3):
            ticket = await hall.serve()
            await hall.quiet()
            press = devices.pads.press(3, key, bounce=True)
            these.append(Visit(ticket["id"], ticket["number"], "pad-3", press, await hall.told(3, press)))
            await until(partial(bounced, press), "the bounce")
            await hall.quiet()
            await hall.later()
        waiting = [(await hall.take(kiosk=None))["id"] for _ in range(2)]
        await hall.quiet()
        for keys in (CALL, RECALL):
            pressed = devices.pads.pad(3, keys, bounce=True)
            await hall.told(3, pressed)
            await until(partial(bounced, pressed), "the pad's bounce")
            await hall.later()
        first, second = [await hall.ask(f"tickets/{ticket}", "clerk") for ticket in waiting]
    found = audit(premises)
    assert_rated_once(found, *these)
    assert found.count()["bounce"] > 0
    assert (first["state"], first["recalls"]) == ("called", 1)
    assert second["state"] == "waiting"


async def test_a_stuck_key_rates_once(premises: Premises) -> None:
    pad = premises.devices.pads.at(3)
    async with working(premises) as hall:
        await hall.serve()
        await hall.quiet()
        pad.stick(1)
        await until(lambda: len(premises.devices.truth.of("acked")) >= 3, "three presses of the stuck key")
        pad.release()
        last = len(premises.devices.truth.of("pressed"))
        await hall.told(3, last)
        await hall.later()
        freed = await hall.visit()
    found = audit(premises)
    assert_rated_once(found, freed)
    assert found.count()["rating"] == 2
    assert set(found.count()) <= {"rating", *RESENT}


async def test_two_pads_on_one_address_make_no_false_press(premises: Premises) -> None:
    devices = premises.devices
    twin = devices.pads.add(3, name="twin-3")
    async with working(premises) as hall:
        for keys in ((0, 3), (2, 1), (1, 1)):
            await hall.serve()
            await hall.quiet()
            presses = devices.pads.press(3, keys[0]), twin.press(keys[1])
            await hall.told(3, presses[0])
            await until(partial(devices.fate, "twin-3", presses[1]), "the twin's press")
            await hall.later()
    count = audit(premises).count()
    assert count["rating"] == 3
    assert set(count) <= {"rating", "repeated", *RESENT}


async def test_pads_that_talk_at_once_lose_no_acknowledged_press(premises: Premises) -> None:
    devices = premises.devices
    these: list[Visit] = []
    async with working(premises) as hall:
        for key in range(4):
            tickets = [await hall.serve(3), await hall.serve(4)]
            await hall.quiet()
            presses = [devices.pads.press(window, key) for window in (3, 4)]
            for window, ticket, press in zip((3, 4), tickets, presses, strict=True):
                fate = await hall.told(window, press)
                these.append(Visit(ticket["id"], ticket["number"], f"pad-{window}", press, fate))
            await hall.later()
    assert devices.pads_wire.collisions > 0
    acknowledged = [visit for visit in these if visit.fate == "acked"]
    assert acknowledged, "three resends at random find a gap now and then"
    assert_rated_once(audit(premises), *acknowledged)


async def test_signs_on_the_pads_line_lose_no_acknowledged_press(tmp_path: Path) -> None:
    with hardware(tmp_path, one_line=True) as devices:
        premises = Premises(tmp_path, devices)
        async with working(premises) as hall:
            these = []
            for key in range(6):
                ticket = await hall.serve(3)
                press = devices.pads.press(3, key % 4)  # while the hub talks to signs and pads
                these.append(Visit(ticket["id"], ticket["number"], "pad-3", press, await hall.told(3, press)))
                await hall.later()
            shown = await hall.take(kiosk=None)
            await hall.verb(4, "next")
            await until(lambda: shown["number"] in devices.signs.what_is_shown(4), "the call on the sign")
        acknowledged = [visit for visit in these if visit.fate == "acked"]
        assert acknowledged
        assert_rated_once(audit(premises), *acknowledged)


# --- signs -----------------------------------------------------------------------------------------------------------


def calls(hall: OpenHall, window: int = 3) -> Callable[[], bool]:
    """Whether the window's sign shows what its ticket's call is."""
    return lambda: (number := current(hall, window)) != "" and number in hall.devices.signs.what_is_shown(window)


def current(hall: OpenHall, window: int) -> str:
    state = hall.hub.hall.state
    ticket = state.tickets.get(state.window(window).ticket or "")
    return ticket.number if ticket else ""


async def call(hall: OpenHall, window: int = 3) -> None:
    """A citizen is called who stands at the counter until the next call."""
    await hall.take(kiosk=None)
    if hall.hub.hall.state.window(window).ticket is not None:
        await hall.verb(window, "miss")
    await hall.verb(window, "next")


async def shown(hall: OpenHall, window: int = 3) -> None:
    await until(calls(hall, window), f"the call on sign {window}")


@pytest.mark.parametrize("kind", SPOILT)
async def test_spoilt_bytes_show_nothing_that_nobody_said(premises: Premises, kind: str) -> None:
    async with working(premises) as hall:
        faults = spoil(premises.devices.signs_wire.faults, kind)
        for _ in range(3):
            await call(hall)
        await until(lambda: all(faults.counts[knob] for knob in SPOILT[kind]), "every fault")
        faults.clear()
        await shown(hall)
        await hall.becomes("signs", "ok")
    audit(premises)


async def test_silent_signs_are_unknown_and_come_back_by_themselves(premises: Premises, measure: Measure) -> None:
    async with working(premises) as hall:
        await hall.becomes("signs", "ok")
        premises.devices.signs_wire.faults.silent = True
        measure("unknown after", await hall.becomes("signs", "unknown"))
        await call(hall)  # calling goes on
        assert hall.state("signs") == "unknown"
        premises.devices.signs_wire.faults.silent = False
        measure("back after", await hall.becomes("signs", "ok", "degraded"))
        await shown(hall)
        await hall.becomes("signs", "ok")
    audit(premises)


async def test_one_dead_sign_of_two_degrades_and_does_not_slow_the_other(premises: Premises, measure: Measure) -> None:
    sign = premises.devices.signs.at(4)
    async with working(premises) as hall:
        await hall.becomes("signs", "ok")
        sign.tap.off()
        measure("degraded after", await hall.becomes("signs", "degraded"))
        await call(hall, 3)
        await shown(hall, 3)
        await call(hall, 4)
        assert "4" in hall.hub.devices.device("signs").health().detail
        sign.tap.on()
        measure("back after", await hall.becomes("signs", "ok"))
        await shown(hall, 4)
    audit(premises)


async def test_a_sign_that_loses_power_shows_the_call_again(premises: Premises, measure: Measure) -> None:
    sign = premises.devices.signs.at(3)
    async with working(premises) as hall:
        await call(hall)
        await shown(hall)
        sign.tap.reboot(0.3)
        await until(lambda: not calls(hall)(), "the blank sign")
        began = asyncio.get_running_loop().time()
        await shown(hall)
        measure("shown again after", asyncio.get_running_loop().time() - began)
    audit(premises)


async def test_a_slow_sign_shows_the_call(premises: Premises) -> None:
    premises.devices.signs.at(3).tap.slow_s = 0.2
    async with working(premises) as hall:
        await call(hall)
        await shown(hall)
        await hall.becomes("signs", "ok")
    audit(premises)


async def test_pulled_signs_show_and_come_back_by_themselves(premises: Premises, measure: Measure) -> None:
    port = premises.devices.signs_port
    async with working(premises) as hall:
        await hall.becomes("signs", "ok")
        port.unplug()
        measure("absent after", await hall.becomes("signs", "absent"))
        await call(hall)  # calling goes on
        assert hall.state("signs") == "absent"
        port.plug()
        measure("back after", await hall.becomes("signs", "ok"))
        await shown(hall)
    audit(premises)


# --- the printer -----------------------------------------------------------------------------------------------------

TROUBLES: dict[str, tuple[Callable[[Printer], None], Callable[[Printer], None], str]] = {
    "no paper": (Printer.run_out, Printer.refill, "缺纸"),
    "cover open": (Printer.open_cover, Printer.close_cover, "上盖"),
    "cutter jammed": (Printer.jam_cutter, lambda printer: printer.tap.reboot(0.1), "切刀"),
    "head too hot": (Printer.overheat, Printer.cool_down, "过热"),
}
"""How it begins, how it ends, and a word of the reason."""


async def outcome(hall: OpenHall, ticket: dict[str, Any]) -> Any:
    """What the log says of a ticket's slip, once it says something."""

    def told() -> list[e.SlipPrinted | e.SlipFailed]:
        return [fact for fact in hall.facts(e.SlipPrinted, e.SlipFailed) if fact.ticket == ticket["id"]]

    slips = await until(told, f"the slip of {ticket['number']}")
    assert len(slips) == 1
    return slips[0]


async def number_stands(hall: OpenHall, ticket: dict[str, Any]) -> None:
    """Paper or not, the ticket waits and can be called."""
    assert (await hall.ask(f"tickets/{ticket['id']}", "device"))["state"] == "waiting"
    called = await hall.verb(4, "call", ticket=ticket["id"])
    assert called["number"] == ticket["number"]
    await hall.verb(4, "finish")


async def prints_again(hall: OpenHall) -> None:
    await hall.becomes("printer", "ok")
    slip = await outcome(hall, await hall.take())
    assert isinstance(slip, e.SlipPrinted), slip
    assert slip.proof


@pytest.mark.parametrize("name", TROUBLES)
async def test_a_printer_in_trouble_fails_the_slip_but_not_the_ticket(
    premises: Premises, name: str, measure: Measure
) -> None:
    begin, end, reason = TROUBLES[name]
    printer = premises.devices.printer
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        begin(printer)
        measure("degraded after", await hall.becomes("printer", "degraded"))
        ticket = await hall.take()
        assert not ticket["slip"]
        slip = await outcome(hall, ticket)
        assert isinstance(slip, e.SlipFailed)
        assert reason in slip.reason
        assert not slip.unknown
        await number_stands(hall, ticket)
        assert hall.state("printer") != "ok"
        end(printer)
        measure("ok after", await hall.becomes("printer", "ok"))
        await prints_again(hall)
    audit(premises)


@pytest.mark.parametrize("name", [one if one == "cover open" else pytest.param(one, marks=LONG) for one in TROUBLES])
async def test_trouble_in_mid_slip_is_told_and_the_number_stands(premises: Premises, name: str) -> None:
    begin, end, reason = TROUBLES[name]
    printer = premises.devices.printer
    printer.slow = 0.5
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        ticket = await hall.take()
        await until(lambda: printer.on_platen, "the first line on paper")
        begin(printer)
        slip = await outcome(hall, ticket)
        assert isinstance(slip, e.SlipFailed)
        assert reason in slip.reason
        assert not slip.unknown
        assert hall.state("printer") != "ok"
        await number_stands(hall, ticket)
        end(printer)
        await prints_again(hall)
    audit(premises)


async def test_a_cutter_that_jams_at_its_cut_fails_the_slip(premises: Premises) -> None:
    printer = premises.devices.printer
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        printer.jam_at_next_cut()
        ticket = await hall.take()
        slip = await outcome(hall, ticket)
        assert isinstance(slip, e.SlipFailed)
        assert "切刀" in slip.reason
        printer.tap.reboot(0.1)
        await prints_again(hall)
    audit(premises)


async def test_a_roll_that_ends_in_mid_slip_fails_it(premises: Premises) -> None:
    printer = premises.devices.printer
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        printer.run_out_after(8)
        slip = await outcome(hall, await hall.take())
        assert isinstance(slip, e.SlipFailed)
        assert "缺纸" in slip.reason
        printer.refill()
        await prints_again(hall)
    audit(premises)


async def test_a_thin_roll_is_told_and_a_slow_printer_prints_on(premises: Premises, measure: Measure) -> None:
    premises.devices.printer.slow = 2.0
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        premises.devices.printer.near_end()
        measure("degraded after", await hall.becomes("printer", "degraded"))
        ticket = await hall.take()
        assert ticket["slip"]
        assert isinstance(await outcome(hall, ticket), e.SlipPrinted)
        premises.devices.printer.refill()
        await hall.becomes("printer", "ok")
    audit(premises)


@pytest.mark.parametrize("when", ["before a slip", pytest.param("in mid-slip", marks=LONG)])
async def test_a_silent_printer_is_unknown_and_its_slip_too(premises: Premises, when: str, measure: Measure) -> None:
    printer = premises.devices.printer
    printer.slow = 0.5
    ticket: dict[str, Any] = {}
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        if when == "in mid-slip":
            ticket = await hall.take()
            await until(lambda: printer.on_platen, "the first line on paper")
        printer.tap.silent = True
        measure("unknown after", await hall.becomes("printer", "unknown"))
        ticket = ticket or await hall.take()
        assert ticket["slip"] == (when == "in mid-slip")
        slip = await outcome(hall, ticket)
        assert isinstance(slip, e.SlipFailed)
        assert slip.unknown
        await number_stands(hall, ticket)
        assert hall.state("printer") == "unknown"
        printer.tap.silent = False
        measure("ok after", await hall.becomes("printer", "ok"))
        await prints_again(hall)
    audit(premises)


async def test_a_printer_pulled_in_mid_slip_leaves_it_unknown(premises: Premises, measure: Measure) -> None:
    devices = premises.devices
    devices.printer.slow = 0.5
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        ticket = await hall.take()
        await until(lambda: devices.printer.on_platen, "the first line on paper")
        devices.printer_port.unplug()
        measure("absent after", await hall.becomes("printer", "absent"))
        slip = await outcome(hall, ticket)
        assert isinstance(slip, e.SlipFailed)
        assert slip.unknown
        await number_stands(hall, ticket)
        later = await hall.take()  # waits for the printer
        assert not later["slip"]
        devices.printer_port.plug()
        measure("ok after", await hall.becomes("printer", "ok"))
        assert isinstance(await outcome(hall, later), e.SlipPrinted)
    audit(premises)


async def test_a_printer_that_loses_power_in_mid_slip_never_counts_as_printed(premises: Premises) -> None:
    printer = premises.devices.printer
    printer.slow = 0.5
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        ticket = await hall.take()
        await until(lambda: printer.on_platen, "the first line on paper")
        printer.tap.reboot(0.2)
        slip = await outcome(hall, ticket)
        assert isinstance(slip, e.SlipFailed)
        assert slip.unknown
        await prints_again(hall)
    audit(premises)


@pytest.mark.parametrize("kind", [one if one == "everything" else pytest.param(one, marks=LONG) for one in SPOILT])
async def test_spoilt_answers_prove_no_slip_that_is_not_there(premises: Premises, kind: str) -> None:
    """Only what the printer says is spoilt: a slip's own bytes have no check sum, nobody could tell."""
    printer = premises.devices.printer
    async with working(premises) as hall:
        await hall.becomes("printer", "ok")
        faults = printer.tap._station.faults = spoil(Faults(), kind, times=5)
        slip = await outcome(hall, await hall.take())
        printer.babble(20)
        faults.clear()
        await prints_again(hall)
    assert isinstance(slip, e.SlipPrinted) or slip.reason
    audit(premises)
