import json
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.selfpress import Detector, Event, Flag, Reader, detect, ebh_levels
from tests.hub.selfpress.quarter import DAY_MS, Quarter, at_once, before_the_finish, like_a_machine, over_a_low_one

CHEATS = {"c1": at_once, "c2": before_the_finish, "c4": over_a_low_one}
PATTERNS = {"c1": "fast", "c2": "before", "c3": "closed", "c4": "raised", "c5": "robot"}


@pytest.fixture(scope="module")
def cheating() -> list[dict[str, Any]]:
    return Quarter(days=30, cheats={**CHEATS, "c5": like_a_machine}, evening={"c3": 3}, rate=0.7).lines()


def encoded(lines: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(line).encode() for line in lines]


def run(lines: Iterable[dict[str, Any]], **options: Any) -> Detector:
    detector = Detector(**options)
    for event in Reader().events(encoded(lines)):
        detector.feed(event)
    detector.finish()
    return detector


def told(detector: Detector) -> dict[object, tuple[str, float]]:
    return {flag.clerk: (flag.pattern, flag.t) for flag in detector.flags.values()}


def test_planted_cheats_are_found_by_their_pattern_and_nobody_else(cheating: list[dict[str, Any]]) -> None:
    found = told(run(cheating))
    assert {clerk: pattern for clerk, (pattern, _) in found.items()} == PATTERNS
    assert all(t > 8 * DAY_MS for _, t in found.values())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [0.3, 0.9])
def test_honest_hall_has_no_flag(seed: int, rate: float) -> None:
    assert told(run(Quarter(seed=seed, rate=rate, days=15).lines())) == {}


def test_hall_cut_short_gives_the_same_flags_up_to_its_end(cheating: list[dict[str, Any]]) -> None:
    whole = run(cheating).flags
    for days in (10, 14, 22):
        cut = run(line for line in cheating if line["t"] < days * DAY_MS).flags
        assert cut == {clerk: flag for clerk, flag in whole.items() if flag.t < days * DAY_MS}


@pytest.mark.parametrize("told", ["span", "marks"])
def test_tests_of_a_keypad_accuse_nobody(told: str) -> None:
    """Presses after closing that would be a flag, c3's; told as maintenance by its span or by their marks alone."""
    lines = Quarter(days=20, evening={"c3": 3}).lines()
    closing = [at for at, line in enumerate(lines) if line["ev"] == "window.close" and line["clerk"] == "c3"]
    assert set(run(lines).flags) == {"c3"}
    if told == "span":
        for at in reversed(closing):
            work = {**lines[at], "ev": "device.maintenance", "device": "k", "state": "start", "what": "drill"}
            lines.insert(at + 1, work | {"until": lines[at]["t"] + 3_600_000})
    else:
        for line in lines:
            if line["ev"] == "key.pressed" and line["t"] % DAY_MS > 17 * 3_600_000:
                line["maintenance"] = True
    assert run(lines).flags == {}


def test_lines_that_come_twice_or_late_change_nothing(cheating: list[dict[str, Any]]) -> None:
    rng = random.Random(4)
    lines = list(cheating)
    for _ in range(200):
        at = rng.randrange(1, len(lines) - 40)
        lines.insert(at + rng.randrange(1, 30), lines[at])
    for _ in range(60):
        at = rng.randrange(1, len(lines) - 40)
        lines.insert(at + 6, lines.pop(at))
    assert {clerk: pattern for clerk, (pattern, _) in told(run(lines)).items()} == PATTERNS


def test_detector_survives_what_halls_send(cheating: list[dict[str, Any]]) -> None:
    rng = random.Random(5)
    lines = [dict(line) for line in cheating if rng.random() > 0.1]  # a tenth is lost
    for line in lines:
        if rng.random() < 0.02:
            line.pop(rng.choice([key for key in line if key not in {"t", "ev"}]), None)
    detector = run(lines)
    assert {flag.pattern for flag in detector.flags.values()} <= set(PATTERNS.values()) | {"repeated", "rate", "nobody"}
    list(detector.answers())


EVENTS = st.sampled_from(
    ["window.open", "window.close", "window.pause", "ticket.issued", "ticket.called", "ticket.arrived", "ticket.missed",
     "ticket.finished", "ticket.held", "rating.invited", "key.pressed", "device.offline", "device.online",
     "device.maintenance", "press.assist_declared", "hall.announcement", "what.ever"]
)  # fmt: skip
ANY_ID = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b"]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Event, t=st.integers(-DAY_MS, 4 * DAY_MS), ev=EVENTS, ticket=ANY_ID, win=ANY_ID, clerk=ANY_ID, press=ANY_ID,
            level=st.one_of(st.none(), st.integers(-1, 9)), until=st.one_of(st.none(), st.integers(0, 4 * DAY_MS)),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_any_events_in_any_order_raise_nothing(events: list[Event]) -> None:
    detector = Detector()
    for event in events:
        detector.score(event)
        detector.feed(event)
    detector.finish()
    for answer in detector.answers():
        json.dumps(answer)


def test_answer_is_in_the_contracts_shape(cheating: list[dict[str, Any]]) -> None:
    answers = list(detect(encoded(cheating)))
    presses = [answer for answer in answers if "press" in answer]
    flags = [answer for answer in answers if answer.get("flag")]
    assert all(0 <= answer["score"] <= 1 for answer in presses)
    assert len({answer["press"] for answer in presses}) == len(presses)
    assert {answer["clerk"] for answer in flags} == set(PATTERNS)
    for answer in flags:
        assert {"clerk", "flag", "t", "log10_lr", "pattern", "evidence"} <= set(answer)
        assert answer["log10_lr"] >= 3
        assert all(isinstance(row, str) for row in answer["evidence"])


def test_cheats_presses_score_above_citizens(cheating: list[dict[str, Any]]) -> None:
    scores = {answer["press"]: answer["score"] for answer in detect(encoded(cheating)) if "press" in answer}
    evening = [
        line["press"]
        for line in cheating
        if line["ev"] == "key.pressed" and line["win"] == 4 and line["t"] % DAY_MS > 17 * 3_600_000 + 600_000 - 1
    ]
    assert len(evening) > 50
    assert all(scores[press] > 0.9 for press in evening)
    others = [line["press"] for line in cheating if line["ev"] == "key.pressed" and line["win"] in {1, 7, 8}]
    assert sum(scores.get(press, 0) > 0.5 for press in others) < 0.01 * len(others)


def test_live_score_agrees_with_the_score_over_the_file(cheating: list[dict[str, Any]]) -> None:
    detector = Detector()
    live = {}
    for event in Reader().events(encoded(cheating)):
        detector.feed(event)
        score = detector.score(event)
        if score is not None:
            live[event.press] = score
    detector.finish()
    evening = [
        line["press"]
        for line in cheating
        if line["ev"] == "key.pressed" and line["win"] == 4 and line["t"] > 20 * DAY_MS
        if line["t"] % DAY_MS > 17 * 3_600_000 + 600_000 - 1
    ]
    presses = [press for press in evening if press in live]
    assert len(presses) >= 20
    assert all(live[press] > 0.9 for press in presses)


def test_habit_that_explains_the_pattern_asks_for_more_evidence() -> None:
    lines = Quarter(days=12, cheats={"c2": before_the_finish}, starts=8, seed=3).lines()
    plain = run(lines).flags["c2"]
    known = run(lines, habits={"c2": ["late_finisher"]}).flags.get("c2")
    assert known is None or (known.t, -known.log10_lr) > (plain.t, -plain.log10_lr)
    other = run(lines, habits={"c2": ["children"]}).flags["c2"]
    assert other.t == plain.t
    assert other.habits == ("children",)


def test_new_quarter_begins_its_evidence_anew_and_keeps_what_it_learnt() -> None:
    lines = Quarter(days=40, cheats={"c1": at_once}, starts=5, seed=2, first_day="2026-09-15", windows=6).lines()
    detector = Detector()
    flags: list[Flag] = []
    for event in Reader().events(encoded(lines)):
        flags += detector.feed(event)
    flags += detector.finish()
    assert [flag.clerk for flag in flags] == ["c1", "c1"]  # once in September, once in October
    first, second = flags
    assert first.t < 16 * DAY_MS <= second.since_day * DAY_MS
    assert not second.new_hall


def test_flag_carries_what_it_was_made_from(cheating: list[dict[str, Any]]) -> None:
    flag, again = run(cheating).flags["c1"], run(cheating).flags["c1"]
    assert flag.input_hash == again.input_hash
    assert len(flag.input_hash) == 64
    changed = [{**line, "t": line["t"] + 1} if line["ev"] == "window.open" else line for line in cheating]
    assert run(changed).flags["c1"].input_hash != flag.input_hash


def test_leaving_out_invites_is_watched_and_never_flagged() -> None:
    lines = Quarter(days=25, seed=6).lines()
    rng = random.Random(1)
    hidden = {
        line["ticket"] for line in lines if line["ev"] == "rating.invited" and line["win"] == 3 and rng.random() < 0.5
    }
    kept = [line for line in lines if not (line["ev"] == "rating.invited" and line["ticket"] in hidden)]
    detector = run(kept)
    assert told(detector) == {}
    assert [(watch.clerk, watch.pattern) for watch in detector.watches.values()] == [("c2", "uninvited")]
    answer = [answer for answer in detector.answers() if answer.get("watch")]
    assert answer[0]["flag"] is False


def test_hall_with_one_clerk_and_hall_without_presses() -> None:
    assert told(run(Quarter(windows=1, days=3).lines())) == {}
    assert list(detect([])) == []
    assert list(detect(encoded(line for line in Quarter(days=2).lines() if line["ev"] != "key.pressed"))) == []


def test_levels_are_ranks() -> None:
    lines = Quarter(
        days=30,
        levels=3,
        cheats=dict.fromkeys(["c1"], lambda visit, rng: ([(visit.finished + rng.uniform(0.2, 0.7), 3)], True)),
    ).lines()
    assert told(run(lines))["c1"][0] == "fast"


def test_ebh_keeps_whoever_stands_out_of_all() -> None:
    # Wang & Ramdas 2022: kept are the k largest where the k-th ratio is at least clerks / (level k), for the largest k
    assert ebh_levels({"1": 6.0, "2": 3.0}, 20) == pytest.approx({"1": 20e-6, "2": 20 / 2 / 1000})
    assert ebh_levels({"1": 3.0, "2": 3.0}, 20) == pytest.approx({"1": 0.01, "2": 0.01})
    assert ebh_levels({"1": 3.0}, 60) == pytest.approx({"1": 0.06})
    assert ebh_levels({"1": 1.0, "2": 400.0}, 20) == pytest.approx({"1": 1.0, "2": 0.0}), "as strong as it may be"
    assert ebh_levels({"1": 3.0}, 0) == pytest.approx({"1": 0.001}), "an old statement that doesn't say how many"
    assert ebh_levels({}, 7) == {}


@pytest.mark.parametrize("seed", range(2))
def test_keypad_that_lost_presses_on_the_first_days_accuses_nobody(seed: int) -> None:
    rng = random.Random(seed)
    lines = [
        line
        for line in Quarter(seed=seed, days=24, rate=0.85).lines()
        if (line["ev"], line.get("win")) != ("key.pressed", 4) or line["t"] > 2 * DAY_MS or rng.random() < 0.5
    ]
    assert told(run(lines)) == {}


@pytest.mark.parametrize(
    "bouts",
    [
        pytest.param({30: [0, 3], 33: [0, 4, 8]}, id="two children"),
        pytest.param({31: [0, 4, 8], 32: [0, 4, 8]}, id="two days running"),
        pytest.param({30: [0, 600, 1200, 1800], 32: [0, 3, 5]}, id="a family that waited"),
    ],
)
def test_children_at_a_closed_window_accuse_nobody(bouts: dict[int, list[int]]) -> None:
    lines = Quarter(days=35).lines()
    played = [
        {"v": 1, "t": day * DAY_MS + 62_000_000 + 1000 * second, "ev": "key.pressed", "win": 4, "level": 5}
        for day, seconds in bouts.items()
        for second in seconds
    ]
    played = [{**line, "press": f"child{number}"} for number, line in enumerate(played)]
    assert told(run(sorted([*lines, *played], key=lambda line: line["t"]))) == {}
