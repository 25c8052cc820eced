"""A day in the hall: the real hub, the real drivers, emulated devices; told in the order in which it happens.

In the evening the devices' own memory of the day is held against the hub's log: every press stored once, none that was
not made, a slip for every ticket.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivers.emulation.wire import Wire
from drivers.keypad.emulator import CALL, CALL_BACK, EVALUATE, GIVE_UP, HANG, RECALL, TRANSFER, WAIT
from hub.domain import events as e
from hub.hall import Hall
from tests.halls import PUBLIC_URL, OpenHall, Premises, Wall, audit, hardware, until

PATIENCE_S = 2.0
"""Of the pads before they send again: a day without spoilt bytes has no resends, however busy the machine is."""
INVITE_S = 61
"""When the last visit can't be rated any more."""
NIGHT_S = 15.5 * 3600
"""From nine o'clock and some minutes until past midnight."""


async def test_a_day_in_the_hall(tmp_path: Path) -> None:
    with hardware(tmp_path, patience_s=PATIENCE_S) as devices:
        premises = Premises(tmp_path, devices)
        async with premises.open() as hall, hall.wall() as wall:
            await the_clerks_sign_on(hall, wall)
            await a_citizen_is_served_and_rates(hall, wall)
            await one_is_not_satisfied_and_presses_twice(hall, wall)
            await one_misses_the_call_and_comes_back(hall, wall)
            await one_has_to_fetch_a_copy_and_is_taken_back(hall, wall)
            await one_is_sent_to_the_other_window(hall, wall)
            await a_clerk_takes_a_break(hall, wall)
            await somebody_trips_over_the_cable(hall, wall)
            waiting = await people_wait_while_the_hub_is_restarted(hall)
        async with premises.open() as hall, hall.wall() as wall:
            await they_keep_their_places(hall, wall, waiting)
            await the_hall_closes(hall, wall)
            await a_new_day_begins(hall, wall)
        the_devices_remember_what_the_log_says(premises)


async def the_clerks_sign_on(hall: OpenHall, wall: Wall) -> None:
    """One by the day's first key of the pad, the other by the page."""
    assert wall.window(3) == ("closed", None)
    await pad(hall, 3, CALL)
    await until(lambda: wall.window(3) == ("idle", None), "window 3 is open")
    await until(lambda: hall.devices.pads.at(3).beeps == 2, "two beeps: nobody waits")
    await hall.verb(4, "sign-on", clerk="1002")
    await until(lambda: wall.window(4) == ("idle", None), "window 4 is open")
    await sign(hall, 3, "社保综合 空闲")
    await sign(hall, 4, "税务 空闲")


async def a_citizen_is_served_and_rates(hall: OpenHall, wall: Wall) -> None:
    ticket = await take(hall)
    assert (ticket["number"], ticket["ahead"]) == ("A001", 0)
    await until(lambda: wall.waiting("social") == 1, "one waits")
    await display(hall, 3, waiting="001", ticket="   ")

    await pad(hall, 3, CALL)
    await until(lambda: wall.call == ("A001", 3), "the call on the wall")
    await until(lambda: "A001" in hall.devices.signs.what_is_shown(3), "the call on the sign")
    await display(hall, 3, waiting="000", ticket="001")
    await pad(hall, 3, RECALL)
    await until(lambda: wall.board["calls"][0]["recalls"] == 1, "the call repeated")

    assert (await hall.verb(3, "start"))["state"] == "serving"
    await sign(hall, 3, "A001 办理中")
    await pad(hall, 3, EVALUATE)
    await until(lambda: wall.window(3) == ("rating", None), "the citizen is asked")
    assert hall.devices.pads.at(3).armed
    await sign(hall, 3, "请评价")

    assert await press(hall, 3, 3) == (ticket["id"], 5)
    await until(lambda: wall.window(3) == ("idle", None), "the window is free")


async def one_is_not_satisfied_and_presses_twice(hall: OpenHall, wall: Wall) -> None:
    """By the page, with a case; only the first press counts."""
    ticket = await take(hall)
    await hall.verb(3, "next")
    await hall.verb(3, "start")
    await hall.verb(3, "finish", case_kind="即办", case_no="2026-0001")
    await until(lambda: hall.devices.pads.at(3).armed, "the evaluator is armed by wire")
    assert await press(hall, 3, 0) == (ticket["id"], 2)
    assert await press(hall, 3, 3) == "repeated"
    ratings = await hall.ask("ratings")
    assert [(one["ticket"], one["level"]) for one in ratings["items"] if one["ticket"] == ticket["id"]] == [
        (ticket["id"], 2)
    ]
    assert wall.window(3) == ("idle", None)


async def one_misses_the_call_and_comes_back(hall: OpenHall, wall: Wall) -> None:
    missing, there, last = [await take(hall) for _ in range(3)]
    await pad(hall, 3, CALL)
    await until(lambda: wall.call == (missing["number"], 3), "the call")
    await pad(hall, 3, GIVE_UP)
    await until(lambda: wall.window(3) == ("idle", None), "given up")
    back = await hall.client("device").post(f"/api/v1/tickets/{missing['id']}/return")
    assert back.json()["state"] == "waiting"
    for number in (there["number"], last["number"], missing["number"]):
        await pad(hall, 3, CALL)
        await until(lambda expected=number: wall.call == (expected, 3), f"the call of {number}")  # type: ignore[misc]
        await pad(hall, 3, EVALUATE)
    await until(lambda: wall.waiting("social") == 0, "nobody waits")


async def one_has_to_fetch_a_copy_and_is_taken_back(hall: OpenHall, wall: Wall) -> None:
    away, next_one = [await take(hall) for _ in range(2)]
    await pad(hall, 3, CALL)
    await pad(hall, 3, HANG)
    await until(lambda: wall.window(3) == ("idle", None), "put aside")
    await pad(hall, 3, CALL)
    await until(lambda: wall.call == (next_one["number"], 3), "the next one meanwhile")
    await pad(hall, 3, EVALUATE)
    assert await press(hall, 3, 2) == (next_one["id"], 4)
    await pad(hall, 3, CALL_BACK)
    await until(lambda: wall.window(3) == ("serving", away["number"]), "taken back")
    await pad(hall, 3, EVALUATE)
    assert await press(hall, 3, 1) == (away["id"], 3)


async def one_is_sent_to_the_other_window(hall: OpenHall, wall: Wall) -> None:
    ticket = await take(hall)
    await pad(hall, 3, CALL)
    await pad(hall, 3, TRANSFER)
    await until(lambda: wall.window(3) == ("idle", None), "sent on")
    await hall.verb(3, "next", status=204)  # the ticket is the other window's now
    await pad(hall, 4, CALL)
    await until(lambda: wall.call == (ticket["number"], 4), "called there")
    await until(lambda: ticket["number"] in hall.devices.signs.what_is_shown(4), "and shown there")
    await hall.verb(4, "finish")
    await until(lambda: hall.devices.pads.at(4).armed, "the other evaluator is armed")
    assert await press(hall, 4, 3) == (ticket["id"], 5)


async def a_clerk_takes_a_break(hall: OpenHall, wall: Wall) -> None:
    await hall.verb(4, "pause", reason="取材料")
    await until(lambda: wall.window(4) == ("paused", None), "paused")
    await sign(hall, 4, "税务 暂停服务")
    await hall.verb(4, "next", status=409)
    hall.premises.jump(INVITE_S)
    assert await press(hall, 4, 0) == "paused"
    await pad(hall, 4, WAIT)
    await until(lambda: wall.window(4) == ("idle", None), "back again")


async def somebody_trips_over_the_cable(hall: OpenHall, wall: Wall) -> None:
    """Calling goes on by the page; the citizen's press is sent until it is heard."""
    ticket = await take(hall)
    await hall.becomes("pads", "ok")
    hall.devices.pads_port.unplug()
    await hall.becomes("pads", "absent")
    await hall.verb(3, "next")
    await until(lambda: wall.call == (ticket["number"], 3), "the call, without the pads")
    await hall.verb(3, "finish")
    number = hall.devices.pads.press(3, 2)
    hall.devices.pads_port.plug()
    assert await hall.told(3, number) == "acked"
    await hall.becomes("pads", "ok")
    rating = hall.facts(e.RatingRecorded)[-1]
    assert (rating.ticket, rating.level) == (ticket["id"], 4)
    await hall.later()


async def people_wait_while_the_hub_is_restarted(hall: OpenHall) -> list[str]:
    order = [("social", None), ("tax", None), ("social", "elderly"), ("social", None), ("tax", "appointment")]
    for service, priority in order:
        await take(hall, service, priority)
    await slips_are_out(hall)
    await hall.quiet()
    return queue(hall.hub.hall)


async def they_keep_their_places(hall: OpenHall, wall: Wall, waiting: list[str]) -> None:
    assert queue(hall.hub.hall) == waiting
    assert (wall.waiting("social"), wall.waiting("tax")) == (3, 2)
    await sign(hall, 4, "税务 空闲")
    called: dict[int, list[str]] = {3: [], 4: []}
    for window in (3, 4, 4, 3, 3):
        called[window].append((await hall.verb(window, "next"))["number"])
        await hall.verb(window, "finish")
    assert called == {3: ["A011", "A010", "A012"], 4: ["B002", "B001"]}  # the elderly, the appointment, then by age
    await hall.quiet()


async def the_hall_closes(hall: OpenHall, wall: Wall) -> None:
    await take(hall)  # and goes home
    await slips_are_out(hall)
    for window in (3, 4):
        await hall.verb(window, "sign-off")
        await until(lambda closed=window: wall.window(closed) == ("closed", None), "closed")  # type: ignore[misc]
    await sign(hall, 3, "社保综合 未开放")
    hall.premises.jump(INVITE_S)
    assert await press(hall, 3, 0) == "closed"


async def a_new_day_begins(hall: OpenHall, wall: Wall) -> None:
    """At midnight yesterday's queue is gone and numbers begin anew."""
    hall.premises.jump(NIGHT_S)
    await until(lambda: hall.hub.hall.state.day == "2026-10-13", "the new day")
    await until(lambda: wall.waiting("social") == 0, "yesterday's queue is gone")
    ticket = await take(hall)
    assert (ticket["number"], ticket["id"]) == ("A001", "20261013-A001")
    await slips_are_out(hall)


def the_devices_remember_what_the_log_says(premises: Premises) -> None:
    found = audit(premises)
    truth, log = premises.devices.truth, premises.log()
    made = [(one.device, one.detail["press"]) for what in ("pressed", "keyed") for one in truth.of(what)]
    assert {press: len(facts) for press, facts in found.frames.items()} == dict.fromkeys(made, 1)
    assert not truth.of("unacked")
    assert len(truth.of("acked")) == len(made)
    issued = [one.fact for one in log if isinstance(one.fact, e.TicketIssued)]
    printed = [one.fact for one in log if isinstance(one.fact, e.SlipPrinted)]
    assert [slip.ticket for slip in printed] == [ticket.ticket for ticket in issued]
    assert all(slip.proof for slip in printed)
    codes = [slip.detail["qr"] for slip in truth.of("printed")]
    assert codes == [f"{PUBLIC_URL}/r/{ticket.code}" for ticket in issued]
    assert not [one.fact for one in log if isinstance(one.fact, e.SlipFailed)]
    assert not [wire for wire in (premises.devices.pads_wire, premises.devices.signs_wire) if faulty(wire)]


def faulty(wire: Wire) -> bool:
    return bool(wire.faults.counts.total())


# --- what people do --------------------------------------------------------------------------------------------------


async def take(hall: OpenHall, service: str = "social", priority: str | None = None) -> dict[str, Any]:
    return await hall.take(service, priority=priority)


async def pad(hall: OpenHall, window: int, keys: tuple[int, ...]) -> None:
    """A clerk presses a key of the pad and sees that it was heard."""
    await hall.quiet()
    assert await hall.told(window, hall.devices.pads.pad(window, keys)) == "acked"
    await hall.later()


async def press(hall: OpenHall, window: int, key: int) -> tuple[str, int] | str:
    """A citizen presses a key; the ticket that was rated with its level, or what the press was instead."""
    await hall.quiet()
    assert await hall.told(window, hall.devices.pads.press(window, key)) == "acked"
    outcome = hall.facts(e.RatingRecorded, e.PressUnmatched)[-1]
    await hall.later()
    if isinstance(outcome, e.RatingRecorded):
        return outcome.ticket, outcome.level
    return str(outcome.disposition)


async def sign(hall: OpenHall, window: int, text: str) -> None:
    await until(lambda: hall.devices.signs.what_is_shown(window) == text, f"{text} on sign {window}")


async def display(hall: OpenHall, window: int, *, waiting: str, ticket: str) -> None:
    shown = hall.devices.pads.at(window)
    await until(lambda: (shown.waiting, shown.ticket) == (waiting, ticket), f"{waiting} {ticket} on pad {window}")


async def slips_are_out(hall: OpenHall) -> None:
    await until(lambda: all(one.slip for one in hall.hub.hall.state.tickets.values()), "every slip")


def queue(hall: Hall) -> list[str]:
    """Those who wait, as they came."""
    return [ticket.number for service in ("social", "tax") for ticket in hall.state.waiting(service)]
