"""What a newcomer sees: whole lines at any size, links uncut, a sentence for everything."""

from __future__ import annotations

import io
import re
from dataclasses import fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from hub.demo.books import Books
from hub.demo.screen import Links, Scene, Screen
from hub.demo.story import Story
from hub.demo.town import make_town
from hub.domain import events as e
from hub.domain.state import HallState

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 8, 9, 30, 15, tzinfo=ZONE)
LINKS = Links(
    kiosk="http://127.0.0.1:8000/kiosk?kiosk=K1#pair=ABCDEFGHJKLM",
    wall="http://127.0.0.1:8000/wall#pair=ABCDEFGHJKLM",
    caller="http://127.0.0.1:8000/caller#pair=ABCDEFGHJKLM&window=60",
    inspector="http://127.0.0.1:8000/inspector#pair=ABCDEFGHJKLM",
    docs="http://127.0.0.1:8000/docs",
    told="demo-data/demo.json",
)


def recorded(*facts: e.Fact) -> list[e.Recorded]:
    return [e.Recorded(n, e.Stamp(int(NOW.timestamp() * 1000), 0), fact) for n, fact in enumerate(facts, 1)]


def issued(number: str = "A012") -> e.TicketIssued:
    return e.TicketIssued("t1", number, "social", "2026-10-08", 12, "elderly", "K1", "code", 3, 600, "kiosk")


def scene(windows: int, facts: list[e.Recorded] | None = None, visitor_at: int = 0) -> Scene:
    town, state, books = make_town(windows, 1), HallState(), Books()
    story = Story(town, state, ZONE)
    for one in facts or []:
        state.apply(one)
        books.add(one)
        story.see([one])
    return Scene(
        "演示", town, state, books, story.sentences, LINKS, 60, lambda: NOW, windows, lambda n: n == visitor_at
    )


def busy(windows: int) -> Scene:
    calls = [
        fact
        for n in range(1, windows + 1)
        for fact in (e.SignedOn(n, str(1000 + n), "pad"), e.TicketCalled("t1", "social", n, str(1000 + n), "pad"))
    ]
    return scene(windows, recorded(issued(), *calls))


@pytest.mark.parametrize("size", [(80, 24), (140, 45), (100, 30), (120, 24), (60, 16), (200, 60), (80, 12)])
@pytest.mark.parametrize("windows", [1, 8, 60])
def test_every_line_fits_and_all_are_there(size: tuple[int, int], windows: int) -> None:
    width, height = size
    lines = Screen(busy(windows)).lines(width, height)
    assert len(lines) == height
    assert max(cell_len(line.plain) for line in lines) <= width


@pytest.mark.parametrize("size", [(80, 24), (140, 45)])
@pytest.mark.parametrize("windows", [1, 8, 60])
def test_links_and_how_to_stop_are_whole(size: tuple[int, int], windows: int) -> None:
    said = "\n".join(line.plain for line in Screen(busy(windows)).lines(*size))
    for link in (LINKS.kiosk, LINKS.wall, LINKS.caller, LINKS.docs, LINKS.told, "Ctrl-C"):
        assert link in said, link
    assert "09:30:15" in said


def test_eight_windows_and_some_news_fit_the_smallest_terminal() -> None:
    said = [line.plain for line in Screen(busy(8)).lines(80, 24)]
    assert sum("called " in line for line in said if re.match(r" +\d ", line)) == 8
    assert sum(bool(re.match(r" \d\d:\d\d:\d\d ", line)) for line in said) >= 4


def test_windows_that_do_not_fit_are_counted() -> None:
    said = "\n".join(line.plain for line in Screen(busy(60)).lines(80, 24))
    assert "个窗口，见大屏" in said


def test_window_of_whoever_watches_is_marked() -> None:
    facts = recorded(e.SignedOn(1, "1001", "pad"))
    assert "您在办理" not in "\n".join(line.plain for line in Screen(scene(2, facts)).lines(80, 24))
    assert "您在办理" in "\n".join(line.plain for line in Screen(scene(2, facts, visitor_at=1)).lines(80, 24))


def test_it_draws_on_a_terminal() -> None:
    console = Console(width=80, height=24, force_terminal=True, record=True, file=io.StringIO())
    with console.capture() as captured:
        console.print(Screen(busy(8)))
    assert "演示" in captured.get()


def any_value(name: str, kind: str) -> Any:
    known = {"service": "social", "clerk": "1001", "disposition": "late", "priority": None, "level": 2, "ticket": "t1"}
    if name in known:
        return known[name]
    return {"int": 1, "bool": True, "str": "x"}.get(kind, None if "None" in kind else ())


@pytest.mark.parametrize("kind", e.KINDS.values(), ids=lambda kind: kind.kind)
def test_no_fact_is_too_much_for_the_story(kind: type[e.Fact]) -> None:
    fact = kind(**{field.name: any_value(field.name, str(field.type)) for field in fields(kind)})
    story = Story(make_town(2, 1), HallState(), ZONE)
    story.see(recorded(fact))
    for sentence in story.sentences:
        assert "{" not in sentence.text
        assert sentence.at == "09:30:15"


def test_the_main_job_is_told_in_words() -> None:
    facts = recorded(
        issued(),
        e.TicketCalled("t1", "social", 2, "1002", "pad"),
        e.TicketFinished("t1", "social", 2, "1002", "pad"),
        e.RatingRecorded("r1", "p1", "t1", 2, "1002", 5, "keypad"),
        e.PressUnmatched("p2", 2, "repeated", "t1"),
    )
    said = [sentence.text for sentence in scene(2, facts).news]
    assert said == [
        "取号 A012 社会保险（老年人），前面 3 人 (took a ticket)",
        "2号窗口叫号 A012 (called)",
        "2号窗口办结 A012，请评价 (done, asks to rate)",
        "A012 按键评价 (keypad)：非常满意",
        "2号窗口按键：已评过，只存档 (rated already)",
    ]
