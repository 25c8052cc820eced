"""The other side: what a clerk left undone is watched, told with its visits, and never becomes a flag."""

import random
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from hub.domain import judgement
from hub.selfpress import WATCHES, Detector, Flag, Reader, chinese, english, flag_of, picture
from hub.selfpress.words import INQUIRIES
from tests.hub.selfpress.quarter import DAY_MS, Quarter, at_once
from tests.hub.selfpress.test_detector import encoded, run

Line = dict[str, Any]


def without_invites(lines: list[Line], share: float = 0.5) -> list[Line]:
    rng = random.Random(1)
    hidden = {
        line["ticket"]
        for line in lines
        if (line["ev"], line.get("win")) == ("rating.invited", 3) and rng.random() < share
    }
    return [line for line in lines if not (line["ev"] == "rating.invited" and line["ticket"] in hidden)]


def missed_after_service(lines: list[Line]) -> list[Line]:
    """Window 3 books a third of its visits as missed after six minutes."""
    rng = random.Random(2)
    tickets = {line["ticket"] for line in lines if line["ev"] == "ticket.finished" and line["win"] == 3}
    missed = {ticket for ticket in sorted(tickets) if rng.random() < 0.33}
    arrived = {line["ticket"]: line["t"] for line in lines if line["ev"] == "ticket.arrived"}
    kept = []
    for line in lines:
        if line.get("ticket") in missed and line["ev"] == "rating.invited":
            continue
        if line.get("ticket") in missed and line["ev"] == "ticket.finished":
            kept.append({**line, "ev": "ticket.missed", "t": arrived[line["ticket"]] + 360_000})
        else:
            kept.append(line)
    return sorted(kept, key=lambda line: line["t"])


def unplugged(lines: list[Line]) -> list[Line]:
    """The keypad of window 3 goes away in mid-service of a third of the visits and comes back at the finish."""
    rng = random.Random(3)
    kept = []
    for line in lines:
        if (line["ev"], line.get("win")) == ("ticket.finished", 3) and rng.random() < 0.33:
            about = {"device": "line-1", "win": 3}
            kept += [
                {"t": line["t"] - 20_000, "ev": "device.offline", **about},
                {"t": line["t"] + 1, "ev": "device.online", **about},
            ]
        kept.append(line)
    return sorted(kept, key=lambda line: line["t"])


def declared(lines: list[Line]) -> list[Line]:
    """Window 3 declares assistance in half of its visits."""
    rng = random.Random(4)
    kept = []
    for line in lines:
        if (line["ev"], line.get("win")) == ("ticket.finished", 3) and rng.random() < 0.5:
            kept.append({"t": line["t"] - 5_000, "ev": "press.assist_declared", "win": 3, "clerk": line["clerk"]})
        kept.append(line)
    return sorted(kept, key=lambda line: line["t"])


@pytest.fixture(scope="module")
def honest() -> list[Line]:
    return Quarter(days=12, seed=6, first_day="2026-10-12").lines()


@pytest.fixture(scope="module")
def watched(honest: list[Line]) -> Flag:
    return run(without_invites(honest)).watches["c2", "uninvited"]


def test_left_out_invites_are_told_with_their_visits_and_counts(watched: Flag, honest: list[Line]) -> None:
    assert (watched.tier, watched.is_watch, watched.suspects, watched.calls) == ("B", True, [], 4)
    row = watched.rows[0]
    assert (row.about, row.k / row.n > 0.4, row.share) == ("uninvited", True, 0.0)
    finished = {line["ticket"]: line["t"] for line in honest if line["ev"] == "ticket.finished"}
    left = set(finished) - {line["ticket"] for line in without_invites(honest) if line["ev"] == "rating.invited"}
    assert all(visit.ticket in left and finished[visit.ticket] == visit.t for visit in watched.visits)
    assert [visit.t for visit in watched.visits] == sorted((visit.t for visit in watched.visits), reverse=True)
    assert len(watched.visits) == row.k
    assert all(visit.t <= watched.t for visit in watched.visits)
    assert sum(week.k for week in watched.weeks) == row.k


def test_watches_come_once_and_say_nothing_of_presses(honest: list[Line]) -> None:
    detector, taken = Detector(), []
    for event in Reader().events(encoded(without_invites(honest))):
        assert detector.feed(event) == []
        taken += detector.take_watches()
    detector.finish()
    taken += detector.take_watches()
    assert [(watch.clerk, watch.pattern) for watch in taken] == [("c2", "uninvited")]
    assert [answer for answer in detector.answers() if answer.get("flag")] == []
    (answer,) = [answer for answer in detector.answers() if "watch" in answer]
    assert (answer["clerk"], answer["flag"], answer["watch"], answer["t"]) == ("c2", False, "uninvited", taken[0].t)


@pytest.mark.parametrize(
    ("change", "code"), [(missed_after_service, "miscoded"), (unplugged, "unplugged"), (declared, "declared")]
)
def test_other_things_left_undone(honest: list[Line], change: Any, code: str) -> None:
    detector = run(change(honest))
    watch = detector.watches["c2", code]
    assert set(detector.watches) == {("c2", code)}
    assert watch.visits
    assert all(visit.window == 3 and visit.served_s is not None for visit in watch.visits)
    assert (watch.calls > 0) == (code != "unplugged"), "who did not look at the plug can't say"
    assert INQUIRIES[code].ask_zh in chinese(watch)
    assert "不是违规的概率" in chinese(watch)


def test_missed_long_after_the_call_is_told_without_an_arrival(honest: list[Line]) -> None:
    """Our own hubs allow no miss once the service has begun."""
    missed = {line["ticket"] for line in missed_after_service(honest) if line["ev"] == "ticket.missed"}
    lines = [
        line
        for line in missed_after_service(honest)
        if not (line["ev"] == "ticket.arrived" and line["ticket"] in missed)
    ]
    assert "miscoded" in {code for clerk, code in run(lines).watches if clerk == "c2"}


def test_a_recall_shows_that_nobody_had_come(honest: list[Line]) -> None:
    lines = []
    for line in missed_after_service(honest):
        if line["ev"] == "ticket.missed":
            lines.append({**line, "ev": "ticket.recalled", "t": line["t"] - 30_000})
        if line["ev"] != "ticket.arrived":
            lines.append(line)
    assert run(sorted(lines, key=lambda line: line["t"])).watches == {}


def test_honest_hall_has_no_watches(honest: list[Line]) -> None:
    assert run(honest).watches == {}


def test_watch_and_flag_stand_beside_each_other() -> None:
    lines = without_invites(Quarter(days=14, seed=6, cheats={"c2": at_once}).lines(), 0.4)
    detector = run(lines)
    assert list(detector.flags) == ["c2"]
    assert list(detector.watches) == [("c2", "uninvited")]


def test_known_trouble_with_the_device_makes_a_watch_need_more(honest: list[Line]) -> None:
    lines = without_invites(honest, 0.09)
    watch = run(lines).watches["c2", "uninvited"]
    later = run(lines, habits={"c2": ["device"]}).watches["c2", "uninvited"]
    assert watch.t < later.t
    assert (later.rows[0].k > watch.rows[0].k, later.habits) == (True, ("device",))


def test_text_tells_what_to_rule_out_and_what_to_do(watched: Flag) -> None:
    text = chinese(watched)
    for part in ("应做未做", "先排除", "下一步", "办完后，窗口有没有请您评价", "分不开", "不进入评奖"):
        assert part in text
    assert "代按" not in text
    assert str(watched.visits[0].ticket) in text
    said = english(watched)
    for part in ("Next:", "were you asked to rate", "a fault and an intent look alike", "no ground for a finding"):
        assert part in said
    assert "pressed for citizens" not in said


def test_picture_shows_shares_by_week_and_the_visits(watched: Flag) -> None:
    drawn = picture(watched)
    root = ET.fromstring(drawn)
    assert len(root.findall(".//{http://www.w3.org/2000/svg}circle")) == len(watched.visits)
    assert "每五个工作日的占比" in drawn
    assert "办结到按键的时间" not in drawn
    assert f">{watched.weeks[0].k}/{watched.weeks[0].n}<" in drawn


def test_watch_survives_as_json_and_older_flags_are_read(watched: Flag) -> None:
    payload = watched.payload()
    assert flag_of(payload) == watched
    del payload["visits"], payload["weeks"]
    assert flag_of(payload).visits == []


def test_watches_begin_anew_with_the_quarter() -> None:
    lines = without_invites(Quarter(days=16, seed=6, first_day="2026-09-21").lines())
    detector, taken = Detector(), []
    for event in Reader().events(encoded(lines)):
        detector.feed(event)
        taken += detector.take_watches()
    detector.finish()
    taken += detector.take_watches()
    assert [watch.clerk for watch in taken] == ["c2", "c2"]
    turn = 10 * DAY_MS  # 1 October
    assert taken[0].t < turn <= min(visit.t for visit in taken[1].visits)


def test_judging_knows_the_same_watches() -> None:
    assert frozenset(WATCHES) == judgement.WATCHES
    assert set(INQUIRIES) == judgement.WATCHES


def test_declared_assistance_is_not_said_to_be_left_undone(honest: list[Line]) -> None:
    watch = run(declared(honest)).watches["c2", "declared"]
    assert chinese(watch).startswith("乙类线索：声明协助过多")
    assert english(watch).startswith("Tier B watch: assistance declared very often")
