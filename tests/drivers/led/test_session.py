"""A session with font cards: acknowledged, retried, watched, kept alive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest

from drivers.errors import BadOption, LinkLost
from drivers.events import BadFrame
from drivers.led import SignRefused, SignSilent, SignText
from drivers.led.layout import Panel
from drivers.led.manners import Clocks, Manners
from drivers.led.protocols.onbon_frame import Frame, encode
from drivers.led.session import SignSession
from drivers.line import Priority
from tests.drivers.led.fake_line import Card, FakeLine, HandTime

RED = b"\\C1"


class Hall:
    """Cards at addresses 1… on one line, and the session that runs them."""

    def __init__(self, cards: int = 1, panel: Panel | None = None, manners: Manners | None = None) -> None:
        self.time = HandTime()
        self.cards = [Card(address) for address in range(1, cards + 1)]
        self.line = FakeLine(self.time, *self.cards)
        self.events: list[Any] = []
        self.session = SignSession(
            self.line,
            self.events.append,
            tuple(card.address for card in self.cards),
            panel or Panel(),
            manners,
            Clocks(self.time.monotonic, self.time.utc, self.time.sleep),
        )

    @property
    def card(self) -> Card:
        return self.cards[0]

    @property
    def state(self) -> str:
        return self.session.health().state

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.session.run())
            await self.time.advance(1)
            yield
            task.cancel()

    async def during(self, call: Awaitable[Any], seconds: float = 3) -> Any:
        """The call's result, the time going on meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(_awaited(call))
            await self.time.advance(seconds)
            assert task.done()
            return await task

    async def failing(self, call: Awaitable[object], seconds: float = 3) -> BaseException:
        """The call's error."""
        with pytest.raises(ExceptionGroup) as caught:
            await self.during(call, seconds)
        return caught.value.exceptions[0]


async def _awaited(call: Awaitable[Any]) -> Any:
    return await call


async def test_shown_text_is_on_the_sign_when_the_call_returns() -> None:
    hall = Hall()
    await hall.during(hall.session.show(1, SignText("A012")))
    assert hall.card.texts == {0: RED + b"A012"}
    assert len(hall.line.sent) == 1
    assert hall.line.sent[0][1] is Priority.SIGN


async def test_shown_text_blanks_itself_after_its_timeout() -> None:
    hall = Hall()
    await hall.during(hall.session.show(1, SignText("A012", timeout_s=300)))
    area = hall.card.heard[0][9:]
    assert area[11] == 2
    assert int.from_bytes(area[12:14], "little") == 300


async def test_lost_frame_is_sent_again() -> None:
    hall = Hall()
    hall.card.lose = 2
    await hall.during(hall.session.show(1, SignText("A012")))
    assert hall.card.texts == {0: RED + b"A012"}
    assert len(hall.line.sent) == 3


async def test_silent_sign_is_an_error_after_three_tries() -> None:
    hall = Hall()
    hall.card.plugged = False
    error = await hall.failing(hall.session.show(1, SignText("A012")))
    assert isinstance(error, SignSilent)
    assert error.address == 1
    assert len(hall.line.sent) == 3


async def test_busy_card_is_asked_again() -> None:
    hall = Hall()
    hall.card.refuse = [3, 5]
    await hall.during(hall.session.show(1, SignText("A012")))
    assert hall.card.texts == {0: RED + b"A012"}


async def test_refusal_is_an_error_with_the_card_s_reason() -> None:
    hall = Hall()
    hall.card.refuse = [4]
    error = await hall.failing(hall.session.show(1, SignText("A012")))
    assert isinstance(error, SignRefused)
    assert error.code == 4
    assert "ERR_MEMORYVOLUME" in str(error)
    assert hall.session.health().state == "degraded"
    assert "ERR_MEMORYVOLUME" in hall.session.health().detail


async def test_card_that_stays_busy_refuses() -> None:
    hall = Hall()
    hall.card.refuse = [3, 3, 3]
    error = await hall.failing(hall.session.show(1, SignText("A012")))
    assert isinstance(error, SignRefused)
    assert error.code == 3


async def test_refused_text_is_tried_again_later_and_not_in_a_storm() -> None:
    hall = Hall()
    async with hall.running():
        hall.card.refuse = [4, 4]
        await hall.failing(hall.session.show(1, SignText("A012")))
        await hall.time.advance(12)
    tried = [at for at, _, data in hall.line.sent if b"A012" in data]
    assert len(tried) == 3
    assert all(5 <= later - earlier < 6 for earlier, later in pairwise(tried))
    assert hall.card.texts == {0: RED + b"A012"}
    assert hall.state == "ok"


async def test_newest_text_wins_on_a_slow_sign() -> None:
    hall = Hall()
    texts = [SignText(f"A{number:03}") for number in range(1, 6)]
    await hall.during(asyncio.gather(*(hall.session.show(1, text) for text in texts)))
    assert hall.card.texts == {0: RED + b"A005"}
    assert len(hall.line.sent) <= 2


async def test_retry_sends_the_newest_text() -> None:
    hall = Hall()
    hall.card.lose = 1

    async def later() -> None:
        await hall.time.sleep(0.1)
        await hall.session.show(1, SignText("A002"))

    await hall.during(asyncio.gather(hall.session.show(1, SignText("A001")), later()))
    assert hall.card.texts == {0: RED + b"A002"}
    assert len(hall.line.sent) == 2


async def test_clear_blanks_the_sign_for_good() -> None:
    hall = Hall()
    async with hall.running():
        await hall.during(hall.session.show(1, SignText("A012")))
        await hall.during(hall.session.clear(1))
        await hall.time.advance(120)
    assert hall.card.texts == {}
    assert hall.card.cleared == 1


async def test_ping_tells_whether_the_sign_answers() -> None:
    hall = Hall()
    assert await hall.during(hall.session.ping(1)) is True
    hall.card.plugged = False
    assert await hall.during(hall.session.ping(1)) is False


async def test_unknown_address_is_named() -> None:
    with pytest.raises(BadOption, match="addresses 1, got 7"):
        await Hall().session.show(7, SignText("A012"))


@pytest.mark.parametrize(("level", "sent"), [(1, 1), (8, 8), (15, 15), (16, 15)])
async def test_brightness_is_in_the_card_s_levels(level: int, sent: int) -> None:
    hall = Hall()
    await hall.during(hall.session.set_brightness(1, level))
    assert hall.card.levels == [sent]


async def test_brightness_out_of_range_is_refused_before_it_is_sent() -> None:
    hall = Hall()
    with pytest.raises(ValueError, match="expected 1 to 16, got 0"):
        await hall.session.set_brightness(1, 0)
    assert hall.line.sent == []


async def test_health_is_unknown_until_the_sign_answers() -> None:
    hall = Hall()
    assert hall.state == "unknown"
    async with hall.running():
        assert hall.state == "ok"


@pytest.mark.parametrize("phase_s", [number / 4 for number in range(25)])
async def test_unplugged_sign_is_unknown_within_three_seconds(phase_s: float) -> None:
    hall = Hall()
    async with hall.running():
        await hall.time.advance(phase_s)
        hall.card.plugged = False
        unplugged_at = hall.time.now
        await hall.time.advance(2.9)
        health = hall.session.health()
        assert health.state == "unknown"
        assert unplugged_at < health.since <= hall.time.now


async def test_one_lost_ping_is_no_outage() -> None:
    hall = Hall()
    seen = set()
    async with hall.running():
        for _ in range(10):
            hall.card.lose = 1
            for _ in range(20):
                await hall.time.advance(0.1)
                seen.add(hall.state)
    assert seen == {"ok"}


async def test_sign_that_comes_back_shows_its_text_clock_and_brightness_by_itself() -> None:
    hall = Hall(manners=Manners(brightness=9))
    async with hall.running():
        await hall.during(hall.session.show(1, SignText("A012")))
        hall.card.plugged = False
        hall.card.power_cycle()
        await hall.time.advance(10)
        assert hall.state == "unknown"
        hall.card.plugged = True
        await hall.time.advance(2)
        assert hall.state == "ok"
    assert hall.card.texts == {0: RED + b"A012"}
    assert len(hall.card.clocks) == 2
    assert hall.card.levels == [9, 9]


async def test_text_that_failed_while_unplugged_is_shown_when_the_sign_is_back() -> None:
    hall = Hall()
    async with hall.running():
        hall.card.plugged = False
        await hall.failing(hall.session.show(1, SignText("A013")))
        hall.card.plugged = True
        await hall.time.advance(2)
    assert hall.card.texts == {0: RED + b"A013"}


async def test_sign_that_blinked_out_between_two_pings_is_restored() -> None:
    hall = Hall()
    async with hall.running():
        await hall.during(hall.session.show(1, SignText("A012")))
        hall.card.power_cycle()
        await hall.time.advance(6)
    assert hall.card.texts == {0: RED + b"A012"}


async def test_card_without_status_is_well() -> None:
    hall = Hall()
    hall.card.knows_status = False
    async with hall.running():
        for _ in range(30):
            await hall.time.advance(0.5)
            assert hall.state == "ok"
    assert sum(b"\xa1\x02\x01" in data for _, _, data in hall.line.sent) == 2


async def test_dark_panel_is_degraded() -> None:
    hall = Hall()
    async with hall.running():
        hall.card.lit = False
        await hall.time.advance(6)
        assert hall.session.health().state == "degraded"
        assert "已关机" in hall.session.health().detail


async def test_text_is_sent_again_before_its_timeout_runs_out() -> None:
    hall = Hall()
    async with hall.running():
        await hall.during(hall.session.show(1, SignText("A012", timeout_s=20)))
        before = hall.time.now
        await hall.time.advance(100)
    shown = [at for at, _, data in hall.line.sent if b"A012" in data]
    gaps = [later - earlier for earlier, later in pairwise(shown)]
    assert shown[-1] > before + 85
    assert all(gap < 12 for gap in gaps)


async def test_watch_keeps_out_of_a_conversation() -> None:
    hall = Hall()
    async with hall.running():
        hall.card.lose = 2
        start = len(hall.line.sent)
        await hall.during(hall.session.show(1, SignText("A012")), seconds=1)
        assert [b"A012" in data for _, _, data in hall.line.sent[start : start + 3]] == [True] * 3


async def test_brightness_that_was_set_is_set_again_when_the_sign_comes_back() -> None:
    hall = Hall()
    async with hall.running():
        await hall.during(hall.session.set_brightness(1, 5))
        hall.card.plugged = False
        await hall.time.advance(3)
        hall.card.plugged = True
        await hall.time.advance(2)
    assert hall.card.levels == [5, 5]


async def test_sign_that_falls_silent_amid_its_restoration_is_not_pestered() -> None:
    hall = Hall(manners=Manners(brightness=9))
    async with hall.running():
        await hall.during(hall.session.show(1, SignText("A012")))
        hall.card.lose = 4
        hall.session._windows[1].clock_due = 0.0
        start = len(hall.line.sent)
        await hall.time.advance(2.6)
        asked = [data[22:24].hex() for _, _, data in hall.line.sent[start:]]
        assert asked[:4] == ["a203"] * 3 + ["a200"]


async def test_sign_in_a_long_conversation_does_not_hold_up_the_others() -> None:
    hall = Hall(cards=2)
    async with hall.running():
        start = len(hall.cards[1].heard)
        async with hall.session._windows[1].lock:
            await hall.time.advance(5)
        assert len(hall.cards[1].heard) - start >= 4


async def test_dead_signs_of_a_line_are_asked_ever_more_rarely() -> None:
    hall = Hall(cards=2)
    hall.cards[1].plugged = False
    async with hall.running():
        await hall.time.advance(10)
        start = hall.time.now
        await hall.time.advance(40)
    assert 8 <= sum(at > start and data[8] == 2 for at, _, data in hall.line.sent) <= 11


async def test_short_outage_is_looked_into_at_once() -> None:
    hall = Hall()
    async with hall.running():
        await hall.during(hall.session.show(1, SignText("A012")))
        while hall.card.heard[-1][:2] != b"\xa1\x02":  # the next status would be asked for in five seconds
            await hall.time.advance(0.1)
        hall.card.lose = 1
        hall.card.power_cycle()
        await hall.time.advance(2.2)
    assert hall.card.texts == {0: RED + b"A012"}


async def test_answer_to_another_program_is_none_to_us() -> None:
    hall = Hall()
    hall.card.plugged = False

    async def other() -> None:
        await hall.time.sleep(0.1)
        hall.line.deliver(encode(Frame(0x8001, 1, b"\xa0\0\0\0\0")))

    answered, _ = await hall.during(asyncio.gather(hall.session.ping(1), other()))
    assert answered is False


async def test_idle_sign_is_pinged_each_second_below_all_else() -> None:
    hall = Hall()
    async with hall.running():
        await hall.time.advance(20)
    assert 15 <= len(hall.line.sent) <= 30
    assert {priority for _, priority, _ in hall.line.sent} == {Priority.POLL}


async def test_clock_is_set_in_china_s_time_at_once_and_then_regularly() -> None:
    assert Manners().clock_every_s == 24 * 3600
    hall = Hall(manners=Manners(clock_every_s=60))
    async with hall.running():
        assert [clock.hex(" ") for clock in hall.card.clocks] == ["26 20 10 01 12 00 00 04"]
        await hall.time.advance(65)
    assert [clock.hex(" ")[:17] for clock in hall.card.clocks] == ["26 20 10 01 12 00", "26 20 10 01 12 01"]


async def test_several_signs_of_a_line_are_kept_apart() -> None:
    hall = Hall(cards=3)
    async with hall.running():
        await hall.during(asyncio.gather(*(hall.session.show(n, SignText(f"A00{n}")) for n in (1, 2, 3))))
        assert [card.texts[0] for card in hall.cards] == [RED + b"A001", RED + b"A002", RED + b"A003"]
        assert hall.state == "ok"
        hall.cards[1].plugged = False
        await hall.time.advance(3)
        assert hall.session.health().state == "degraded"
        assert hall.session.health().detail == "屏 2 无应答"


async def test_dead_signs_do_not_slow_down_the_living() -> None:
    hall = Hall(cards=8)
    for card in hall.cards[1:]:
        card.plugged = False
    async with hall.running():
        await hall.time.advance(30)
        start = hall.time.now
        await hall.during(hall.session.show(1, SignText("A012")), seconds=1)
        sent = [at for at, _, data in hall.line.sent if at >= start and b"A012" in data]
        assert sent[0] - start < 0.5


async def test_whole_line_that_dies_is_unknown_within_three_seconds() -> None:
    hall = Hall(cards=8)
    async with hall.running():
        await hall.time.advance(3)
        assert hall.state == "ok"
        for card in hall.cards:
            card.plugged = False
        await hall.time.advance(2.9)
        assert hall.state == "unknown"


async def test_noise_before_an_answer_is_told_and_does_no_harm() -> None:
    hall = Hall()
    hall.line.noise = b"\xa5\x01\x02"
    async with hall.running():
        await hall.during(hall.session.show(1, SignText("A012")))
    assert hall.card.texts == {0: RED + b"A012"}
    assert all(isinstance(event, BadFrame) for event in hall.events)
    assert hall.events


async def test_short_reply_is_told_as_noise() -> None:
    hall = Hall()
    async with hall.running():
        hall.line.deliver(encode(Frame(0x8000, 1, b"")))
        await hall.time.advance(1)
    [event] = hall.events
    assert isinstance(event, BadFrame)
    assert "at least 5 data bytes, got 0" in event.reason


async def test_sink_may_await() -> None:
    hall = Hall()
    told = []

    async def sink(event: object) -> None:
        await hall.time.sleep(0.1)
        told.append(event)

    hall.session._sink = sink
    hall.line.noise = b"\xa5\x01\x02"
    async with hall.running():
        await hall.time.advance(2)
    assert told


async def test_lost_line_ends_the_session() -> None:
    hall = Hall()
    hall.line.lost = True
    with pytest.raises(LinkLost):
        await hall.session.run()
    assert hall.line.receivers == []


async def test_cancelled_session_hears_no_more() -> None:
    hall = Hall()
    with suppress(asyncio.CancelledError):
        async with hall.running():
            assert len(hall.line.receivers) == 1
    assert hall.line.receivers == []
