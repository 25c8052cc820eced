"""A hall log into an empty event log."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub import halllog
from hub.domain import events as e
from hub.eventlog import EventLog
from hub.importing import BrokenLog, parse, write
from tests.hub.running import open_log
from tests.hub.selfpress.quarter import Quarter

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIVE = (1, 2, 3, 4, 5)
HOUR = 3_600_000
Line = dict[str, Any]


def start(**more: Any) -> Line:
    return {"v": 1, "seq": 0, "t": 0, "ev": "hall.start", "days": 1, "levels": 5, "first_day": "2026-10-09"} | more


def line(ev: str, t: float = 9 * HOUR, **fields: Any) -> Line:
    return {"v": 1, "seq": 1, "t": t, "ev": ev, **fields}


def encoded(lines: Iterable[Line]) -> list[bytes]:
    return [json.dumps(one).encode() + b"\n" for one in lines]


async def imported(folder: Path, *lines: Line, levels: tuple[int, ...] = FIVE) -> list[e.Fact]:
    log = open_log(folder)
    await write(log, parse(encoded(lines), None, levels, SHANGHAI), SHANGHAI, lambda *_: None)
    return facts(folder)


def facts(folder: Path) -> list[e.Fact]:
    log: EventLog = open_log(folder)
    found = [recorded.fact for recorded in log.replay()]
    log.close()
    return found


VISIT = {"ticket": "t1", "service": "s", "win": 3, "clerk": "c1"}
SERVED = (
    start(),
    line("window.open", win=3, clerk="c1"),
    line("ticket.issued", ticket="t1", service="s", kiosk="K1"),
    line("ticket.called", 9.1 * HOUR, **VISIT),
    line("ticket.arrived", 9.1 * HOUR, **VISIT),
    line("ticket.finished", 9.2 * HOUR, **VISIT),
    line("rating.invited", 9.2 * HOUR, ticket="t1", win=3, until=9.2 * HOUR + 30_000),
)


def pressed(press: str, after_s: float, level: int | None = 5) -> Line:
    return line("key.pressed", 9.2 * HOUR + 1000 * after_s, press=press, win=3, level=level)


async def test_presses_are_judged_as_live_ones_are(tmp_path: Path) -> None:
    found = await imported(
        tmp_path, *SERVED,
        pressed("a", 5, 4), pressed("b", 5.2, 4), pressed("c", 9, 1), pressed("d", 40), pressed("e", 50, None),
    )  # fmt: skip
    assert [fact.disposition for fact in found if isinstance(fact, e.PressUnmatched)] == [
        "bounce", "repeated", "late", "unmapped",
    ]  # fmt: skip
    (rated,) = [fact for fact in found if isinstance(fact, e.RatingRecorded)]
    assert (rated.press, rated.ticket, rated.window, rated.clerk, rated.level) == ("a", "t1", 3, "c1", 4)
    at = [fact.kind for fact in found].index("key.pressed")
    assert found[at + 1] is rated or found[at + 1] == rated, "a press and its decision stand together"


async def test_times_and_days_are_the_halls(tmp_path: Path) -> None:
    await imported(tmp_path, *SERVED, line("window.open", 86_400_000 + 8 * HOUR, win=3, clerk="c2"))
    log = open_log(tmp_path)
    records = list(log.replay())
    log.close()
    assert [one.fact.day for one in records if isinstance(one.fact, e.DayStarted)] == ["2026-10-09", "2026-10-10"]
    signed = next(one for one in records if isinstance(one.fact, e.SignedOn))
    assert signed.stamp.wall_ms == 1_791_507_600_000  # 2026-10-09 09:00 in Shanghai
    assert [one.stamp.mono_ns for one in records] == sorted(one.stamp.mono_ns for one in records)


@pytest.mark.parametrize(
    ("said", "rules", "levels"),
    [
        ({"levels": 4}, FIVE, [2, 3, 4, 5]),
        ({"levels": 3}, (2, 4, 5), [2, 4, 5]),
        ({"levels": 3}, (1, 3, 5), [1, 3, 5]),
        ({"levels": 3, "scale": [1, 4, 5]}, (2, 4, 5), [1, 4, 5]),
        ({"levels": 3, "scale": [1, 4]}, (2, 4, 5), [2, 4, 5]),
        ({"levels": 2}, FIVE, [2, 5]),
    ],
)
async def test_levels_are_the_glossarys(tmp_path: Path, said: Line, rules: tuple[int, ...], levels: list[int]) -> None:
    presses = [pressed(f"p{rank}", 50 * rank, rank) for rank in range(1, said["levels"] + 1)]
    found = await imported(tmp_path, start(**said), *presses, levels=rules)
    assert [fact.level for fact in found if isinstance(fact, e.KeyPressed)] == levels


def found_to_be(kind: str, status: str = "confirmed", **fields: Any) -> Line:
    return line("finding.recorded", finding="d1", kind=kind, status=status, **fields)


async def test_pauses_findings_entries_and_devices(tmp_path: Path) -> None:
    found = await imported(
        tmp_path, start(),
        line("window.open", win=3, clerk="c1"), line("window.pause", win=3, clerk="c1"),
        line("window.open", win=3, clerk="c1"), line("window.close", win=3, clerk="c1"),
        line("device.offline", device="pad", win=3),
        found_to_be("attendance", clerk=7, what="absent", half_days=2, date="2026-10-08"),
        line("finding.appealed", finding="d1"), line("appeal.decided", finding="d1", outcome="overturned"),
        line("points.entered", sheet="clerk", clerk="c1", section="二(一)", points=18.50, note="两次"),
        line("something.new", whatever=[1]),
    )  # fmt: skip
    assert found[1:] == [
        e.SignedOn(3, "c1", "import"), e.Paused(3, "c1", "", "import"), e.Resumed(3, "c1", "import"),
        e.SignedOff(3, "c1", "import"), e.DeviceOffline("pad", "keypad.import", (3,), ""),
        e.FindingRecorded("d1", "attendance", None, "7", "confirmed", "", "", None, "absent", 2, "2026-10-08"),
        e.FindingAppealed("d1", "import"), e.AppealDecided("d1", "overturned", "", "import"),
        e.PointsEntered("clerk", "2026Q4", None, "c1", "二(一)", "18.5", "两次", "import"),
    ]  # fmt: skip


async def test_what_was_exported_comes_back(tmp_path: Path) -> None:
    made = Quarter(days=3, windows=3, first_day="2026-10-09").lines()
    await imported(tmp_path / "one", *made)
    once = exported(tmp_path / "one")
    await imported(tmp_path / "two", *(json.loads(one) for one in once))
    assert exported(tmp_path / "two") == once
    assert [json.loads(one)["ev"] for one in once] == [one["ev"] for one in made]
    assert [json.loads(one)["t"] for one in once] == [int(one["t"]) for one in made]


def exported(folder: Path) -> list[str]:
    log = open_log(folder)
    lines = list(halllog.export(log.replay(), date(2026, 10, 9), date(2026, 10, 11), SHANGHAI, FIVE))
    log.close()
    return lines


@pytest.mark.parametrize(
    ("bad", "number", "reason"),
    [
        ([b"\n"], 1, "空行"), ([b"{"], 1, "JSON"), ([b"[]"], 1, "JSON"), ([b"\xff\xfe"], 1, "JSON"),
        ([], 1, "没有内容"),
        ([line("window.open", win=1, clerk="a")], 1, "hall.start"),
        ([start(v=2)], 1, "hall.start"), ([start(levels=7)], 1, "levels"), ([start(first_day=None)], 1, "--first-day"),
        ([start(first_day="x")], 1, "--first-day"),
        ([start(), line("window.open", win=1, clerk="a") | {"v": 2}], 2, "v 应为 1"),
        ([start(), line("window.open", "noon", win=1, clerk="a")], 2, "t 应为"),
        ([start(), line("window.open", -1, win=1, clerk="a")], 2, "t 应为"),
        ([start(), line("window.open", 1e300, win=1, clerk="a")], 2, "t 应为"),
        ([start(), line("window.open", True, win=1, clerk="a")], 2, "t 应为"),
        ([start(), {"v": 1, "t": 1}], 2, "ev 应为"), ([start(), line("")], 2, "ev 应为"),
        ([start(), line("window.open", win="1", clerk="a")], 2, "win 应为窗口号"),
        ([start(), line("window.open", win=0, clerk="a")], 2, "win 应为窗口号"),
        ([start(), line("window.open", win=1)], 2, "clerk 应为编号"),
        ([start(), line("window.open", win=1, clerk="x" * 65)], 2, "clerk 应为编号"),
        ([start(), line("key.pressed", press="p", win=1, level=6)], 2, "level 应为等级"),
        ([start(), pressed("p", 1), pressed("p", 2)], 3, "前面已有"),
        ([start(), line("rating.invited", ticket="t", win=1, until="soon")], 2, "until 应为数字"),
        ([start(), found_to_be("gossip", win=1)], 2, "kind 应为"),
        ([start(), found_to_be("media", "maybe", win=1)], 2, "status 应为"),
        ([start(), found_to_be("media")], 2, "win 和 clerk"),
        ([start(), found_to_be("other", win=1)], 2, "article"),
        ([start(), found_to_be("attendance", clerk="c", what="ill")], 2, "what"),
        ([start(), found_to_be("attendance", clerk="c", half_days=.5)], 2, "half_days"),
        ([start(), found_to_be("attendance", clerk="c", date="x")], 2, "date"),
        ([start(), line("points.entered", sheet="room", section="一(一)", points=1, win=1)], 2, "sheet 应为"),
        ([start(), line("points.entered", sheet="clerk", section="一(一)", points=1, win=1)], 2, "clerk 应为"),
        ([start(), line("points.entered", sheet="window", section="一(一)", points="9", win=1)], 2, "points 应为数字"),
    ],
)  # fmt: skip
def test_a_broken_log_is_refused_whole(bad: list[Any], number: int, reason: str) -> None:
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in bad]
    with pytest.raises(BrokenLog) as caught:
        parse(lines, None, FIVE, SHANGHAI)
    assert (caught.value.number, reason in caught.value.reason) == (number, True), caught.value
