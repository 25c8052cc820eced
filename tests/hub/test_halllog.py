import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.domain import events as e
from hub.domain import verbs
from hub.halllog import days_of, export
from tests.hub.ledger import MORNING_MS, Ledger
from tests.hub.running import SHANGHAI, open_log, running

FIRST = date(2026, 10, 1)
NINE = 9 * 3600 * 1000
FOUR_KEYS = (5, 4, 3, 2)
# interfaces.md, "The hall log": event → fields.
FIELDS = {
    **{f"window.{what}": {"win", "clerk"} for what in ("open", "pause", "close")},
    "ticket.issued": {"ticket", "service", "kiosk"},
    **{
        f"ticket.{what}": {"ticket", "service", "win", "clerk"}
        for what in ("called", "recalled", "arrived", "missed", "finished")
    },
    "rating.invited": {"ticket", "win", "until"},
    "key.pressed": {"press", "win", "level"},
    "press.assist_declared": {"win", "clerk"},
    "device.offline": {"device", "win"},
    "device.online": {"device", "win"},
    "pad.key": {"win", "raw", "done"},
}


def lines(
    records: Sequence[e.Recorded],
    last: date = FIRST,
    first: date = FIRST,
    levels: Sequence[int] = FOUR_KEYS,
    zone: ZoneInfo = SHANGHAI,
) -> list[dict[str, Any]]:
    return [json.loads(line) for line in export(records, first, last, zone, levels)]


def only(records: Sequence[e.Recorded], *events: str, **options: Any) -> list[dict[str, Any]]:
    return [line for line in lines(records, **options) if line["ev"] in events]


def pressed(
    hall: Ledger, name: str, level: int | None, outcome: str | None = None, device_ms: int | None = None
) -> None:
    hall.add(e.KeyPressed(name, "line-1", 1, 1, 2, level, "ff", hall.mono_ns, 0, device_ms))
    if outcome:
        hall.add(e.PressUnmatched(name, 1, outcome, None))
    else:
        hall.add(e.RatingRecorded("r" + name, name, "A001", 1, "1001", level or 0, "keypad"))


@pytest.fixture
def hall() -> Ledger:
    """A visit from the kiosk to the keypad."""
    hall = Ledger()
    hall.open(1)
    hall.wait(60)
    hall.issue("social")
    hall.call(1)
    hall.wait(10)
    hall.add(*verbs.start(hall.desk(1)))
    hall.wait(300)
    hall.add(*verbs.finish(hall.desk(1)))
    hall.wait(5)
    pressed(hall, "p9", 4, device_ms=123)
    return hall


def test_visit_reads_as_interfaces_md_has_it(hall: Ledger) -> None:
    at = {"ticket": "A001", "service": "social", "win": 1, "clerk": "1001"}
    assert lines(hall.log) == [
        {
            "v": 1,
            "seq": 0,
            "t": 0,
            "ev": "hall.start",
            "days": 1,
            "levels": 4,
            "scale": [2, 3, 4, 5],
            "tz": "Asia/Shanghai",
            "first_day": "2026-10-01",
        },
        {"v": 1, "seq": 1, "t": NINE, "ev": "window.open", "win": 1, "clerk": "1001"},
        {
            "v": 1,
            "seq": 2,
            "t": NINE + 60_000,
            "ev": "ticket.issued",
            "ticket": "A001",
            "service": "social",
            "kiosk": None,
            "number": "A001",
        },
        {"v": 1, "seq": 3, "t": NINE + 60_000, "ev": "ticket.called", **at},
        {"v": 1, "seq": 4, "t": NINE + 70_000, "ev": "ticket.arrived", **at},
        {"v": 1, "seq": 5, "t": NINE + 370_000, "ev": "ticket.finished", **at},
        {
            "v": 1,
            "seq": 6,
            "t": NINE + 370_000,
            "ev": "rating.invited",
            "ticket": "A001",
            "win": 1,
            "until": NINE + 430_000,
            "clerk": "1001",
        },
        {"v": 1, "seq": 7, "t": NINE + 375_000, "ev": "key.pressed", "press": "p9", "win": 1, "level": 3, "t_dev": 123},
    ]


def test_press_carries_no_ticket_and_no_clerk(hall: Ledger) -> None:
    (press,) = only(hall.log, "key.pressed")
    assert not {"ticket", "clerk"} & press.keys()


@pytest.mark.parametrize(
    ("levels", "inside", "in_file"),
    [
        ((5, 4, 3, 2, 1), [5, 4, 3, 2, 1], [5, 4, 3, 2, 1]),
        ((5, 4, 3, 2), [5, 4, 3, 2], [4, 3, 2, 1]),
        ((5, 4, 2), [5, 4, 2], [3, 2, 1]),
        ((5, 2), [5, 2], [2, 1]),
        ((2, 5), [5, 4, 2, 1], [2, 1, 1, 1]),  # 4 and 1 are pressed on a device with other keys
    ],
)
def test_levels_count_from_one_and_the_best_is_highest(
    hall: Ledger, levels: tuple[int, ...], inside: list[int], in_file: list[int]
) -> None:
    for level in inside:
        pressed(hall, f"x{level}", level, "repeated")
    written = only(hall.log, "key.pressed", levels=levels)[1:]
    assert [line["level"] for line in written] == in_file
    assert lines(hall.log, levels=levels)[0]["levels"] == len(levels)


def test_key_without_a_level_is_a_press_all_the_same(hall: Ledger) -> None:
    pressed(hall, "p20", None, "unmapped")
    assert only(hall.log, "key.pressed")[-1]["level"] is None


def test_duty_is_told_by_open_pause_and_close() -> None:
    hall = Ledger()
    hall.open(1)
    hall.add(*verbs.pause(hall.desk(1), "吃饭"))
    hall.add(*verbs.resume(hall.desk(1)))
    hall.add(*verbs.sign_off(hall.desk(1)))
    assert [(line["ev"], line["win"], line["clerk"]) for line in lines(hall.log)[1:]] == [
        ("window.open", 1, "1001"),
        ("window.pause", 1, "1001"),
        ("window.open", 1, "1001"),
        ("window.close", 1, "1001"),
    ]


def test_device_that_serves_several_windows_is_a_line_for_each() -> None:
    hall = Ledger()
    hall.add(
        e.DeviceOffline("line-1", "keypad.ff68", (1, 2), "silent"), e.DeviceOnline("line-1", "keypad.ff68", (1, 2))
    )
    hall.add(e.DeviceOffline("printer-1", "printer.escpos", (), "unplugged"))
    hall.add(e.DeviceOffline("sign-1", "led.onbon", (1,), "silent"))  # a sign rates nobody
    assert [(line["ev"], line["device"], line["win"]) for line in lines(hall.log)[1:]] == [
        ("device.offline", "line-1", 1),
        ("device.offline", "line-1", 2),
        ("device.online", "line-1", 1),
        ("device.online", "line-1", 2),
    ]


def test_pad_keys_and_declared_assistance_are_told(hall: Ledger) -> None:
    hall.add(e.PadKeyed("line-1", 1, 1, "0c", "next", done=False, why="nobody waits", received_ns=1))
    hall.add(*verbs.assist(next_citizen_at(hall)))
    assert only(hall.log, "pad.key")[0].items() >= {"win": 1, "raw": "0c", "done": False}.items()
    assert only(hall.log, "press.assist_declared")[0].items() >= {"win": 1, "clerk": "1001", "ticket": "A002"}.items()


def next_citizen_at(hall: Ledger) -> verbs.Desk:
    """Window 1 with the next citizen at it."""
    hall.issue("social")
    hall.call(1)
    return hall.desk(1)


def test_presses_under_maintenance_are_marked_as_such(hall: Ledger) -> None:
    pressed(hall, "p20", 5, "maintenance")
    pressed(hall, "p21", 5, "late")
    marks = {line["press"]: line.get("maintenance") for line in only(hall.log, "key.pressed")}
    assert marks == {"p9": None, "p20": True, "p21": None}


def test_maintenance_is_told_for_each_window_with_its_start_and_end(hall: Ledger) -> None:
    hall.add(e.MaintenanceStarted("line-1", "li", (1, 2), "maintenance", hall.wall_ms + 60_000, "换键帽"))
    hall.add(e.MaintenanceStarted("line-1", "li"), e.MaintenanceEnded("line-1", "li"))  # of a hub that told no windows
    hall.add(e.MaintenanceEnded("line-1", "time", (2,), "maintenance"))
    told = [
        {key: line[key] for key in line.keys() - {"v", "seq", "t"}} for line in only(hall.log, "device.maintenance")
    ]
    work = {"ev": "device.maintenance", "device": "line-1", "what": "maintenance"}
    assert told == [
        work | {"win": 1, "state": "start", "until": NINE + 435_000},
        work | {"win": 2, "state": "start", "until": NINE + 435_000},
        work | {"win": 2, "state": "end"},
    ]


def test_bounces_and_resends_are_marked(hall: Ledger) -> None:
    pressed(hall, "p20", 4, "bounce")
    pressed(hall, "p21", 4, "duplicate")
    pressed(hall, "p22", 4, "late")
    again = {line["press"]: line.get("again") for line in only(hall.log, "key.pressed")}
    assert again == {"p9": None, "p20": "bounce", "p21": "duplicate", "p22": None}


def test_press_at_the_end_of_the_log_is_told_though_its_decision_is_missing(hall: Ledger) -> None:
    undecided = [recorded for recorded in hall.log if not isinstance(recorded.fact, e.RatingRecorded)]
    assert only(undecided, "key.pressed")[0]["press"] == "p9"


def test_rating_by_phone_is_told_without_its_comment(hall: Ledger) -> None:
    hall.add(e.PhoneRated("p30", "A001", 2, (), "张三态度差"))
    hall.add(e.RatingRecorded("r31", "p30", "A001", 1, "1001", 2, "phone"))
    (rating,) = only(hall.log, "rating.recorded")
    assert (rating["level"], rating["source"], rating["win"]) == (1, "phone", 1)
    assert "张三" not in "".join(export(hall.log, FIRST, FIRST, SHANGHAI, FOUR_KEYS))


@pytest.mark.parametrize(("agrees", "event"), [(True, "rating.agreed"), (False, "rating.disagreed")])
def test_visit_rated_by_two_ways_is_told_and_is_no_press(hall: Ledger, agrees: bool, event: str) -> None:
    hall.add(e.RatingCompared("A001", 1, "1001", "r1", 5, "keypad", "p9", 2, "phone", agrees=agrees))
    (line,) = only(hall.log, event)
    assert {key: line[key] for key in line.keys() - {"v", "seq", "t", "ev"}} == {
        "ticket": "A001", "win": 1, "clerk": "1001", "rating": "r1",
        "level": 4, "source": "keypad", "second_level": 1, "second_source": "phone",
    }  # fmt: skip


def test_days_outside_are_left_out_and_the_first_is_day_zero() -> None:
    hall = Ledger()
    for day in range(4):
        hall.add(e.SignedOn(1, f"100{day}", "test"))
        hall.wait(86400)
    first, last = date(2026, 10, 2), date(2026, 10, 3)
    start, *rest = lines(hall.log, first=first, last=last)
    assert (start["days"], start["first_day"]) == (2, "2026-10-02")
    assert [(line["seq"], line["t"] // 86_400_000, line["clerk"]) for line in rest] == [(1, 0, "1001"), (2, 1, "1002")]


def test_midnight_begins_the_next_day() -> None:
    hall = Ledger(wall_ms=MORNING_MS - NINE + 86_400_000 - 1)
    hall.add(e.SignedOn(1, "1001", "test"))
    hall.wall_ms += 1
    hall.add(e.SignedOff(1, "1001", "test"))
    assert [line["t"] for line in lines(hall.log, last=date(2026, 10, 2))[1:]] == [86_399_999, 86_400_000]


def test_clock_that_stepped_back_is_not_repaired() -> None:
    hall = Ledger()
    hall.add(e.SignedOn(1, "1001", "test"))
    hall.wall_ms -= 5000
    hall.add(e.SignedOff(1, "1001", "test"))
    assert [(line["ev"], line["t"]) for line in lines(hall.log)[1:]] == [
        ("window.open", NINE),
        ("window.close", NINE - 5000),
    ]


def test_day_of_a_zone_that_changes_its_offset_is_a_calendar_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hall = Ledger(wall_ms=1_792_879_200_000)  # 2026-10-25 00:00 in Berlin, a day of 25 hours
    hall.add(e.SignedOn(1, "1001", "test"))
    hall.wait(25 * 3600)
    hall.add(e.SignedOff(1, "1001", "test"))
    first, last = date(2026, 10, 25), date(2026, 10, 26)
    assert [line["t"] for line in lines(hall.log, first=first, last=last, zone=berlin)[1:]] == [0, 86_400_000]


def test_every_line_has_the_fields_of_the_contract(hall: Ledger) -> None:
    hall.add(e.PadKeyed("line-1", 1, 1, "0c", "next", done=True, why=None, received_ns=1))
    for line in lines(hall.log)[1:]:
        assert line.keys() >= {"v", "seq", "t", "ev"} | FIELDS[line["ev"]]
    assert [line["seq"] for line in lines(hall.log)] == list(range(len(lines(hall.log))))


def test_line_is_one_line_whatever_is_in_it() -> None:
    hall = Ledger()
    hall.add(e.SignedOn(1, '张\n三\u2028"', "test"))
    text = list(export(hall.log, FIRST, FIRST, SHANGHAI, FOUR_KEYS))
    assert "\n" not in "".join(text)
    assert json.loads(text[1])["clerk"] == '张\n三\u2028"'


def test_progress_is_told_by_the_facts_number() -> None:
    hall = Ledger()
    for _ in range(2100):
        hall.add(e.DayStarted("2026-10-01"))
    heard: list[int] = []
    assert len(list(export(hall.log, FIRST, FIRST, SHANGHAI, FOUR_KEYS, heard.append))) == 1
    assert heard == [1000, 2000]


async def test_days_of_a_log_are_those_of_its_first_and_last_fact(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    assert days_of(log, SHANGHAI) is None
    log.close()
    async with running(tmp_path) as it:
        await it.settled()
        assert days_of(it.bus.log, SHANGHAI) == (date(2026, 10, 1), date(2026, 10, 1))
        it.clock.advance(40 * 86400)
        it.hall.settle()
        await it.settled()
        days = days_of(it.bus.log, SHANGHAI)
        assert days == (date(2026, 10, 1), date(2026, 11, 10))
        assert len(list(export(it.bus.log.replay(), *days, SHANGHAI, FOUR_KEYS))) == 1
