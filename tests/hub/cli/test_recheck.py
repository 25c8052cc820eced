"""`hallhub recheck`."""

import asyncio
from pathlib import Path

import pytest

from hub.bus import Bus
from hub.clock import ManualClock
from hub.domain import events as e
from tests.hub.cli.conftest import Folder, Run
from tests.hub.running import open_log
from tests.hub.selfpress.quarter import Quarter, at_once, before_the_finish
from tests.hub.selfpress.quarter_facts import facts

BASE_MS = 1_791_734_400_000  # 2026-10-12 00:00 in Shanghai
KNOWN = e.FlagRaised("f9", "c1", 2, "fast", "A", 400, "2026Q4", "selfpress-0", "h", ("p1",), "{}")
GONE = e.FlagRaised("f8", "c3", 4, "closed", "A", 300, "2026Q4", "selfpress-0", "h", ("p1",), "{}")


async def fill(folder: Path, *more: e.Fact, lost_invites_of: int = 0) -> None:
    clock = ManualClock(BASE_MS, 0)
    bus = Bus(open_log(folder), clock)
    bus.start()
    lines = Quarter(windows=5, days=10, cheats={"c1": at_once, "c2": before_the_finish}, starts=5).lines()
    lines = [line for line in lines if (line["ev"], line.get("win")) != ("rating.invited", lost_invites_of)]
    for wall_ms, fact in facts(lines, BASE_MS):
        clock.advance(max(0, wall_ms - clock.wall_ms()) / 1000)
        bus.publish(fact)
    bus.publish(KNOWN, GONE, *more)
    await bus.durable(bus.last_seq)
    await bus.close()


@pytest.fixture
def history(hall: Folder) -> Folder:
    asyncio.run(fill(hall.data))
    return hall


def test_history_is_told_beside_what_was_flagged_then(run: Run, history: Folder, tmp_path: Path) -> None:
    said = run("recheck", "-o", str(tmp_path / "answer.jsonl"), "--report", str(tmp_path / "report"))
    assert said.code == 0
    lines = {line.split()[1]: line for line in said.out.splitlines()}
    assert set(lines) == {"c1", "c2", "c3"}
    assert "已有 f9（selfpress-0）" in lines["c1"]
    assert "新（selfpress-4）" in lines["c2"]
    assert "f8：本次未再提出" in lines["c3"]
    assert all(line.startswith("2026Q4") for line in lines.values())
    assert (tmp_path / "answer.jsonl").exists()
    assert len(list((tmp_path / "report").iterdir())) == 4


def test_watches_are_told_beside_the_flags(run: Run, hall: Folder) -> None:
    stored = e.FlagRaised("f7", "c1", 2, "uninvited", "B", 400, "2026Q4", "selfpress-0", "h", (), "{}", ("t1",))
    asyncio.run(fill(hall.data, stored, lost_invites_of=2))
    told = run("recheck").out.splitlines()
    (flag,) = [line for line in told if " c1  邀请一出即按" in line]
    (watch,) = [line for line in told if " c1  少邀请评价（B）" in line]
    assert ("已有 f9" in flag, "已有 f7（selfpress-0）" in watch) == (True, True)


def test_days_without_cheats_have_no_flags(run: Run, history: Folder) -> None:
    said = run("recheck", "--to", "2026-10-15")
    assert [line for line in said.out.splitlines() if "selfpress-4" in line] == []


def test_wrong_days_and_an_empty_log_are_said(run: Run, hall: Folder) -> None:
    assert "事件日志为空" in run("recheck").error
    asyncio.run(fill(hall.data))
    assert "--to" in run("recheck", "--from", "2026-10-14", "--to", "2026-10-13").error
    assert "--from" in run("recheck", "--from", "yesterday").error
