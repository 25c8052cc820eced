"""Keypads, caller pads and phones, as the hall stores them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from hub.domain import events as e
from hub.domain.calendar import WorkCalendar
from hub.domain.events import Fact
from hub.errors import BadValue, NotFound, WrongCode
from hub.hall import PadPress, Press
from tests.hub.ledger import SETUP
from tests.hub.running import Running, morning, running

BY = "test"
DAY_S = 86400


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Running]:
    """Four tickets wait; nobody is signed on."""
    async with running(tmp_path) as it:
        for _ in range(4):
            await it.hall.issue_ticket("social", by=BY)
        yield it


@pytest.fixture
async def invited(hall: Running) -> Running:
    """Window 1 has finished A001."""
    await hall.hall.sign_on(1, "1001", by=BY)
    await hall.hall.call_next(1, by=BY)
    await hall.hall.finish(1, by=BY)
    return hall


async def since(it: Running, after: int) -> list[Fact]:
    await it.settled()
    return it.facts(after)


async def test_press_is_stored_raw_and_its_decision_follows_in_the_same_commit(invited: Running) -> None:
    before = invited.bus.last_seq
    press = Press("line-1", 1, 1, 2, 4, b"\xff\x68", received_ns=77, uncertainty_ms=5, device_ms=9)
    seq = invited.hall.record_press(press)
    assert seq == before + 2
    raw, rating = await since(invited, before)
    name = f"p{before + 1}"
    assert raw == e.KeyPressed(name, "line-1", 1, 1, 2, 4, "ff68", 77, 5, 9)
    assert rating == e.RatingRecorded(f"r{seq}", name, "20261001-A001", 1, "1001", 4, "keypad")


async def test_uninvited_press_is_stored_with_the_same_care(hall: Running) -> None:
    before = hall.bus.last_seq
    hall.press(1)
    raw, outcome = await since(hall, before)
    assert isinstance(raw, e.KeyPressed)
    assert outcome == e.PressUnmatched(raw.press, 1, "closed", None)


async def test_time_that_has_run_out_is_written_down_before_the_press(invited: Running) -> None:
    before = invited.bus.last_seq
    assert invited.press(1, after_s=61) == "late"
    assert [fact.kind for fact in await since(invited, before)] == [
        "rating.invite_expired",
        "key.pressed",
        "press.unmatched",
    ]


async def test_press_of_an_unknown_address_or_key_is_stored(invited: Running) -> None:
    assert invited.press(window=None) == "unmapped"
    assert invited.press(window=99) == "closed"
    assert invited.press(key=9, level=None) == "unmapped"


async def test_every_press_of_a_storm_is_stored_with_one_decision(invited: Running) -> None:
    before = invited.bus.last_seq
    for n in range(200):
        invited.press(1, key=n % 4, raw=bytes([n % 4]), after_s=0.1)
    facts = await since(invited, before)
    pairs = [(one, other) for one, other in pairwise(facts) if isinstance(one, e.KeyPressed)]
    assert len(pairs) == 200
    assert all(isinstance(o, e.PressUnmatched | e.RatingRecorded) and o.press == p.press for p, o in pairs)
    assert len({p.press for p, _ in pairs}) == 200
    assert sum(isinstance(o, e.RatingRecorded) for _, o in pairs) == 1


async def test_level_stands_at_the_ticket(invited: Running) -> None:
    invited.press(1, level=2)
    assert invited.hall.ticket("20261001-A001").level == 2


async def test_invite_open_at_a_restart_is_rated_after_it(tmp_path: Path) -> None:
    clock = morning()
    async with running(tmp_path, clock) as it:
        await it.hall.issue_ticket("social", by=BY)
        await it.hall.sign_on(1, "1001", by=BY)
        await it.hall.call_next(1, by=BY)
        await it.hall.finish(1, by=BY)
    clock.advance(20)
    clock.reboot("boot-2")
    async with running(tmp_path, clock) as it:
        assert it.press(1, after_s=39) == "rating"
    async with running(tmp_path, clock) as it:
        assert it.press(1, after_s=1) == "duplicate"  # the device resends over a restart of the hub alone


# --- caller pads -----------------------------------------------------------------------------------------------------


async def test_first_pad_key_of_the_day_signs_on_and_acts(hall: Running) -> None:
    before = hall.bus.last_seq
    assert not hall.pad("next")
    key, signed_on, called = await since(hall, before)
    assert isinstance(key, e.PadKeyed)
    assert (key.verb, key.done, key.why, key.raw) == ("next", True, None, "0c")
    assert signed_on == e.SignedOn(1, "1001", "pad:line-1/1")
    assert isinstance(called, e.TicketCalled)
    assert (called.ticket, called.clerk) == ("20261001-A001", "1001")


async def test_pad_does_all_its_verbs(hall: Running) -> None:
    steps = [
        ("next", b"\x0c", "called"),
        ("recall", b"\x0d", "called"),
        ("finish", b"\x0b", "rating"),
        ("next", b"\x0c", "called"),
        ("miss", b"\x06\x0f", "idle"),
        ("next", b"\x0c", "called"),
        ("hold", b"\x00\x0f", "idle"),
        ("take-back", b"\x03\x0f", "serving"),
        ("transfer", b"\x13", "idle"),
        ("pause", b"\x12", "paused"),
        ("pause", b"\x12", "idle"),
        ("announce", b"\x11", "idle"),
    ]
    for verb, raw, state in steps:
        assert not hall.pad(verb, raw=raw), verb
        assert hall.hall.state.window(1).state == state
    assert hall.hall.ticket("20261001-A003").reserved == 2


async def test_pads_finish_says_that_the_evaluator_is_armed_already(hall: Running) -> None:
    hall.pad("next")
    before = hall.bus.last_seq
    hall.pad("finish", raw=b"\x0b")
    invited = [fact for fact in await since(hall, before) if isinstance(fact, e.RatingInvited)]
    assert [fact.armed for fact in invited] == [True]


async def test_refused_pad_key_is_stored_with_the_reason_and_beeps(hall: Running) -> None:
    hall.pad("next")
    before = hall.bus.last_seq
    assert hall.pad("next")
    (key,) = await since(hall, before)
    assert isinstance(key, e.PadKeyed)
    assert (key.verb, key.done) == ("next", False)
    assert key.why
    assert "next" in key.why


async def test_nobody_waiting_is_a_refusal_too_and_signs_on_all_the_same(hall: Running) -> None:
    for n in range(1, 5):
        await hall.hall.cancel(f"20261001-A00{n}", by=BY)
    before = hall.bus.last_seq
    assert hall.pad("next")
    key, signed_on = await since(hall, before)
    assert isinstance(key, e.PadKeyed)
    assert (key.done, key.why) == (False, "没有人在等候 (nobody waits)")
    assert isinstance(signed_on, e.SignedOn)
    assert hall.hall.state.window(1).state == "idle"


async def test_key_without_a_verb_is_stored_and_nothing_else(hall: Running) -> None:
    before = hall.bus.last_seq
    assert not hall.pad(None, raw=b"\x0e")
    (key,) = await since(hall, before)
    assert isinstance(key, e.PadKeyed)
    assert (key.verb, key.done, key.why) == (None, False, None)


async def test_pad_of_no_window_is_refused_and_stored(hall: Running) -> None:
    before = hall.bus.last_seq
    assert hall.pad("next", window=None)
    (key,) = await since(hall, before)
    assert isinstance(key, e.PadKeyed)
    assert (key.window, key.done, key.why) == (None, False, "没有这个地址的窗口：0 (no such address)")


async def test_window_without_a_configured_clerk_is_not_signed_on_by_its_pad(hall: Running) -> None:
    await hall.hall.issue_ticket("land", by=BY)
    assert hall.pad("next", window=3)
    assert hall.hall.state.window(3).state == "closed"


async def test_pad_does_not_sign_on_again_whom_the_day_saw_leave(hall: Running) -> None:
    hall.pad("next")
    hall.pad("finish", raw=b"\x0b")
    await hall.hall.sign_off(1, by=BY)
    assert hall.pad("next")
    assert hall.hall.state.window(1).state == "closed"
    hall.clock.advance(DAY_S)
    hall.hall.settle()
    await hall.hall.issue_ticket("social", by=BY)
    assert not hall.pad("next")
    assert hall.hall.state.window(1).state == "called"


@pytest.mark.parametrize(("gap_s", "acts"), [(0.0, 1), (1.499, 1), (1.5, 2)])
async def test_same_frame_within_a_second_and_a_half_is_stored_but_acts_once(
    hall: Running, gap_s: float, acts: int
) -> None:
    hall.pad("next")
    hall.pad("pause", raw=b"\x12")
    hall.pad("finish", raw=b"\x0b")
    before = hall.bus.last_seq
    hall.pad("pause", raw=b"\x12")
    assert not hall.pad("pause", raw=b"\x12", after_s=gap_s)
    facts = await since(hall, before)
    keys = [fact for fact in facts if isinstance(fact, e.PadKeyed)]
    assert [key.done for key in keys] == [True, acts == 2]
    assert len(facts) == 2 + acts
    if acts == 1:
        assert keys[1].why == "resend"


async def test_resend_behind_another_keys_frame_acts_no_second_time(hall: Running) -> None:
    hall.pad("next")
    hall.pad("recall", raw=b"\x0d", after_s=2)
    before = hall.bus.last_seq
    hall.pad("pause", raw=b"\x12", after_s=0.2)
    hall.pad("recall", raw=b"\x0d", after_s=0.2)
    hall.pad("pause", raw=b"\x12", after_s=0.2)
    keys = [fact for fact in await since(hall, before) if isinstance(fact, e.PadKeyed)]
    assert [key.why == "resend" for key in keys] == [False, True, True]


async def test_no_more_of_a_pads_frames_are_kept_than_may_be_resent(hall: Running) -> None:
    for n in range(100):
        hall.pad(None, raw=bytes([n]), after_s=0.5)
    (frames,) = hall.hall.state.pad_frames.values()
    assert list(frames) == ["61", "62", "63"]


async def test_resent_refusal_does_not_beep_again(hall: Running) -> None:
    hall.pad("next")
    assert hall.pad("next", raw=b"\x0c")
    assert not hall.pad("next", raw=b"\x0c", after_s=0.3)


async def test_pads_of_two_addresses_do_not_resend_each_other(hall: Running) -> None:
    assert not hall.pad("next", window=1)
    assert not hall.pad("next", window=2, after_s=0.1)
    assert [hall.hall.state.window(n).state for n in (1, 2)] == ["called", "called"]


async def test_recall_by_pad_ends_after_five(hall: Running) -> None:
    hall.pad("next")
    assert [hall.pad("recall", raw=b"\x0d") for _ in range(7)] == [False] * 5 + [True] * 2


async def test_every_pad_verb_is_refused_without_an_error_at_a_closed_window(hall: Running) -> None:
    for verb in ("recall", "finish", "miss", "hold", "take-back", "transfer", "pause", "announce"):
        seq, refused = hall.bus.last_seq, hall.pad(verb, window=3)
        assert refused, verb
        assert hall.bus.last_seq == seq + 1


async def test_pad_outcome_waits_for_the_action_too(hall: Running) -> None:
    before = hall.bus.last_seq
    outcome = hall.hall.record_pad(PadPress("line-1", 1, 1, "next", b"\x0c", hall.clock.mono_ns()))
    assert outcome.seq == hall.bus.last_seq == before + 3


# --- phones ----------------------------------------------------------------------------------------------------------


def code_of(it: Running, ticket: str) -> str:
    return it.hall.ticket(ticket).code


async def test_phone_rates_the_visit_and_its_comment_lies_apart(invited: Running) -> None:
    before = invited.bus.last_seq
    became = await invited.hall.rate_by_phone(code_of(invited, "20261001-A001"), 5, ("态度好",), "谢谢张三")
    assert became == "rating"
    raw, rating = await since(invited, before)
    assert raw == e.PhoneRated(f"p{before + 1}", "20261001-A001", 5, ("态度好",), "谢谢张三")
    assert isinstance(rating, e.RatingRecorded)
    assert (rating.level, rating.source, rating.clerk, rating.window) == (5, "phone", "1001", 1)
    assert invited.hall.state.window(1).state == "idle"


async def test_first_rating_on_any_channel_counts(invited: Running) -> None:
    code = code_of(invited, "20261001-A001")
    assert invited.press(1) == "rating"
    assert await invited.hall.rate_by_phone(code, 1) == "repeated"
    assert invited.hall.ticket("20261001-A001").level == 3
    await invited.hall.call_next(1, by=BY)
    await invited.hall.finish(1, by=BY)
    assert await invited.hall.rate_by_phone(code_of(invited, "20261001-A002"), 1) == "rating"
    assert invited.press(1) == "repeated"


async def test_phone_rates_after_the_window_has_gone_on(invited: Running) -> None:
    code = code_of(invited, "20261001-A001")
    await invited.hall.call_next(1, by=BY)
    assert await invited.hall.rate_by_phone(code, 4) == "rating"
    assert invited.hall.state.window(1).state == "called"


async def test_phone_may_rate_until_the_fifth_working_day(tmp_path: Path) -> None:
    golden_week = WorkCalendar(holidays=frozenset(date(2026, 10, n) for n in range(1, 9)))
    async with running(tmp_path, setup=replace(SETUP, calendar=golden_week)) as it:
        codes = []
        await it.hall.sign_on(1, "1001", by=BY)
        for _ in range(2):
            issued = await it.hall.issue_ticket("social", by=BY)
            codes.append(issued.code)
            await it.hall.call_next(1, by=BY)
            await it.hall.finish(1, by=BY)
        it.clock.advance(14 * DAY_S)  # to 15 October, the fifth working day
        assert await it.hall.rate_by_phone(codes[0], 5) == "rating"
        it.clock.advance(DAY_S)
        assert await it.hall.rate_by_phone(codes[1], 5) == "late"


@pytest.mark.parametrize("level", [0, 6, -1])
async def test_phones_level_is_one_to_five(invited: Running, level: int) -> None:
    before = invited.bus.last_seq
    with pytest.raises(BadValue):
        await invited.hall.rate_by_phone(code_of(invited, "20261001-A001"), level)
    assert invited.bus.last_seq == before


async def test_unknown_link_and_unfinished_visit_are_not_found(invited: Running) -> None:
    for code in ("nothing", code_of(invited, "20261001-A002")):
        with pytest.raises(NotFound):
            await invited.hall.rate_by_phone(code, 5)


# --- rated by two ways -----------------------------------------------------------------------------------------------


def compared(it: Running) -> list[tuple[int, str, int, str, bool]]:
    facts = [fact for fact in it.facts() if isinstance(fact, e.RatingCompared)]
    return [(one.level, one.source, one.second_level, one.second_source, one.agrees) for one in facts]


def link(it: Running) -> str:
    return next(iter(it.hall.state.phone))


async def test_phone_that_contradicts_the_keypad_is_a_fact_and_changes_no_rating(invited: Running) -> None:
    before = invited.bus.last_seq
    invited.press(level=5)
    assert await invited.hall.rate_by_phone(link(invited), 1) == "repeated"
    fact = (await since(invited, before))[-1]
    assert fact == e.RatingCompared(
        "20261001-A001", 1, "1001", f"r{before + 2}", 5, "keypad", f"p{before + 3}", 1, "phone", agrees=False
    )
    assert invited.hall.state.phone[link(invited)].level == 5


async def test_keypad_that_contradicts_the_phone_is_the_same_fact(invited: Running) -> None:
    assert await invited.hall.rate_by_phone(link(invited), 2) == "rating"
    invited.press(level=5)
    await invited.settled()
    assert compared(invited) == [(2, "phone", 5, "keypad", False)]


@pytest.mark.parametrize(("level", "other"), [(4, 4), (2, 1)])
async def test_like_ratings_agree_also_where_the_keypad_has_no_lowest_key(
    invited: Running, level: int, other: int
) -> None:
    invited.press(level=level)
    await invited.hall.rate_by_phone(link(invited), other)
    assert compared(invited) == [(level, "keypad", other, "phone", True)]


async def test_only_the_first_rating_of_a_second_way_is_compared(invited: Running) -> None:
    invited.press(level=5)
    invited.press(level=2, key=0)
    for level in (5, 1, 2):
        await invited.hall.rate_by_phone(link(invited), level)
    assert compared(invited) == [(5, "keypad", 5, "phone", True)]


async def test_what_never_was_a_rating_is_compared_with_nothing(invited: Running) -> None:
    await invited.hall.rate_by_phone(link(invited), 2)
    await invited.hall.rate_by_phone(link(invited), 5)
    invited.press(key=9, level=None)
    invited.press(after_s=90)
    await invited.settled()
    assert compared(invited) == []


async def test_comparison_survives_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as it:
        await it.hall.issue_ticket("social", by=BY)
        await it.hall.sign_on(1, "1001", by=BY)
        await it.hall.call_next(1, by=BY)
        await it.hall.finish(1, by=BY)
        it.press(level=5)
        await it.hall.rate_by_phone(link(it), 1)
        it.hall.save()
    async with running(tmp_path) as it:
        await it.hall.rate_by_phone(link(it), 3)
        assert compared(it) == [(5, "keypad", 1, "phone", False)]


# --- the slip's code -------------------------------------------------------------------------------------------------

CODED = replace(SETUP, slip_code_digits=4)


@asynccontextmanager
async def coded(folder: Path) -> AsyncIterator[Running]:
    """A hall that asks for the slip's code, with A001 finished at window 1."""
    async with running(folder, setup=CODED) as it:
        if not it.hall.state.phone:
            await it.hall.issue_ticket("social", by=BY)
            await it.hall.sign_on(1, "1001", by=BY)
            await it.hall.call_next(1, by=BY)
            await it.hall.finish(1, by=BY)
        yield it


def wrong_of(code: str | None) -> str:
    return f"{(int(code or '') + 1) % 10_000:04}"


async def test_phone_rates_with_the_code_of_its_slip_only(tmp_path: Path) -> None:
    async with coded(tmp_path) as it:
        visit = it.hall.state.phone[link(it)]
        assert re.fullmatch(r"[0-9]{4}", visit.slip_code or "")
        with pytest.raises(WrongCode, match="请填写号票上的 4 位评价码"):
            await it.hall.rate_by_phone(link(it), 5)
        with pytest.raises(WrongCode, match="还可试 4 次"):
            await it.hall.rate_by_phone(link(it), 5, slip_code=wrong_of(visit.slip_code))
        assert it.facts()[-1] == e.SlipCodeRefused("20261001-A001", 1, "phone", 1)
        assert await it.hall.rate_by_phone(link(it), 5, slip_code=visit.slip_code) == "rating"


async def test_code_that_was_wrong_five_times_is_the_end_also_over_a_restart(tmp_path: Path) -> None:
    async with coded(tmp_path) as it:
        code = it.hall.state.phone[link(it)].slip_code
        for left in (4, 3):
            with pytest.raises(WrongCode, match=f"还可试 {left} 次"):
                await it.hall.rate_by_phone(link(it), 5, slip_code=wrong_of(code))
        it.hall.save()
    async with coded(tmp_path) as it:
        for left in (2, 1, 0, 0, 0):
            with pytest.raises(WrongCode) as wrong:
                await it.hall.rate_by_phone(link(it), 5, slip_code=wrong_of(code))
            assert wrong.value.left == left
        with pytest.raises(WrongCode, match="请到咨询台"):
            await it.hall.rate_by_phone(link(it), 5, slip_code=code)
        assert len([fact for fact in it.facts() if isinstance(fact, e.SlipCodeRefused)]) == 5
        assert not [fact for fact in it.facts() if isinstance(fact, e.PhoneRated)]


async def test_keypad_needs_no_code(tmp_path: Path) -> None:
    async with coded(tmp_path) as it:
        assert it.press(1) == "rating"


async def test_tickets_from_before_the_code_or_after_it_need_none(tmp_path: Path) -> None:
    async with running(tmp_path) as it:
        await it.hall.issue_ticket("social", by=BY)
    async with running(tmp_path, setup=CODED) as it:
        await it.hall.issue_ticket("social", by=BY)
        await it.hall.sign_on(1, "1001", by=BY)
        for _ in range(2):
            await it.hall.call_next(1, by=BY)
            await it.hall.finish(1, by=BY)
        old, new = it.hall.state.phone
        assert await it.hall.rate_by_phone(old, 5) == "rating"
        with pytest.raises(WrongCode):
            await it.hall.rate_by_phone(new, 5)
    async with running(tmp_path) as it:
        assert await it.hall.rate_by_phone(new, 5) == "rating"
