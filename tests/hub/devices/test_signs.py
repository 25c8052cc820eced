"""What a window's sign is told, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from drivers.led import SignSilent, SignText
from hub.devices.signs import SignDesk
from hub.domain import verbs
from hub.domain.events import Recorded
from hub.shown import Shown
from tests.hub.ledger import SETUP, Ledger
from tests.virtual_time import run_virtually

ADDRESS, WINDOW = 7, 1
FLASHES = ["A001", "", "A001"]


@dataclass
class SlowSign:
    """A sign that takes `takes_s` for each text, and gives no answer while it is `silent`."""

    takes_s: float = 0.1
    silent: bool = False
    texts: list[str] = field(default_factory=list)

    async def show(self, _address: int, content: SignText) -> None:
        await asyncio.sleep(self.takes_s)
        if self.silent:
            raise SignSilent(ADDRESS, "no answer")
        self.texts.append(content.text)

    async def clear(self, address: int) -> None:
        raise NotImplementedError

    async def ping(self, address: int) -> bool:
        raise NotImplementedError

    async def set_brightness(self, address: int, level: int) -> None:
        raise NotImplementedError


class Room:
    """A hall's state that tells its watchers, and a desk with one sign at work."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.ledger.open(WINDOW)
        self.ledger.issue_many("social", 3)
        self.sign = SlowSign()
        self._watchers: list[Callable[[Sequence[Recorded]], None]] = []
        self.desk = SignDesk("sign", {ADDRESS: WINDOW}, (128, 32), SETUP, cast("Shown", self))

    @property
    def state(self) -> object:
        return self.ledger.state

    def watch(self, watcher: Callable[[Sequence[Recorded]], None]) -> Callable[[], None]:
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tell(self) -> None:
        for watcher in self._watchers:
            watcher(self.ledger.log[-1:])

    def call(self) -> None:
        self.ledger.call(WINDOW)
        self.tell()

    def miss(self) -> None:
        self.ledger.add(*verbs.miss(self.ledger.desk(WINDOW)))
        self.tell()


def on(test: Callable[[Room], Awaitable[None]]) -> None:
    async def main() -> None:
        room = Room()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(room.desk.run(room.sign))
            await asyncio.sleep(1)
            await test(room)
            running.cancel()

    run_virtually(main())


def test_a_call_flashes_and_then_stands() -> None:
    async def test(room: Room) -> None:
        room.call()
        await asyncio.sleep(60)
        assert room.sign.texts == ["社保综合 空闲", *FLASHES, "A001 请到1号窗口"]

    on(test)


def test_a_call_that_comes_while_the_sign_takes_another_is_shown_next() -> None:
    async def test(room: Room) -> None:
        room.call()
        await asyncio.sleep(room.sign.takes_s / 2)
        room.miss()
        room.call()
        await asyncio.sleep(60)
        assert room.sign.texts[1:3] == ["A001", "A002"]
        assert room.sign.texts[-1] == "A002 请到1号窗口"

    on(test)


def test_a_call_that_comes_at_any_moment_of_another_stands_in_the_end() -> None:
    for tenths in range(36):

        async def test(room: Room, after_s: float = tenths / 10) -> None:
            room.call()
            await asyncio.sleep(after_s)
            room.miss()
            room.call()
            await asyncio.sleep(10)
            assert room.sign.texts[-1] == "A002 请到1号窗口"

        on(test)


def test_facts_of_other_windows_do_not_disturb_a_call() -> None:
    async def test(room: Room) -> None:
        room.call()
        for _ in range(20):
            await asyncio.sleep(0.3)
            room.ledger.issue("tax")
            room.tell()
        assert room.sign.texts == ["社保综合 空闲", *FLASHES, "A001 请到1号窗口"]

    on(test)


def test_a_sign_that_fails_in_mid_flash_is_still_told_the_steady_text() -> None:
    """The driver shows what it was told last when the sign is back: that must not be the flash's blank."""
    said: list[str] = []

    async def test(room: Room) -> None:
        show = room.sign.show

        async def noted(address: int, content: SignText) -> None:
            said.append(content.text)
            await show(address, content)

        room.sign.show = noted  # type: ignore[method-assign]
        room.call()
        await asyncio.sleep(1.05)
        room.sign.silent = True
        await asyncio.sleep(10)

    on(test)
    assert said[:3] == ["A001", "", "A001 请到1号窗口"]
    assert set(said[2:]) == {"A001 请到1号窗口"}, "it is tried again, without the flash"


def test_a_sign_that_failed_is_told_again_with_the_next_news() -> None:
    async def test(room: Room) -> None:
        room.sign.silent = True
        room.call()
        await asyncio.sleep(10)
        room.sign.silent = False
        room.ledger.issue("tax")
        room.tell()
        await asyncio.sleep(10)
        assert room.sign.texts[-1] == "A001 请到1号窗口"

    on(test)
