"""What the caller pads' displays are told, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

from drivers.keypad import PadKey, RatingKey
from hub.devices.keypads import KeypadDesk
from hub.domain import verbs
from hub.domain.events import Recorded
from hub.shown import Shown
from tests.hub.ledger import SETUP, Ledger
from tests.virtual_time import run_virtually

ADDRESS, WINDOW = 3, 1


class FakePads:
    """Writes down what it is told, and when."""

    def __init__(self) -> None:
        self.shown: list[tuple[int | None, str | None]] = []
        self.times: list[float] = []
        self.armed: list[int] = []

    async def show(self, _address: int, *, waiting: int | None, ticket: str | None) -> None:
        self.shown.append((waiting, ticket))
        self.times.append(asyncio.get_running_loop().time())

    async def arm(self, address: int) -> None:
        self.armed.append(address)

    async def acknowledge(self, event: RatingKey | PadKey) -> None:
        raise NotImplementedError

    async def disarm(self, address: int) -> None:
        raise NotImplementedError

    async def beep(self, address: int, *, times: int = 1) -> None:
        raise NotImplementedError


class Room:
    """A hall's state that tells its watchers, and a desk with one pad at work."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.ledger.open(WINDOW)
        self.pads = FakePads()
        self._watchers: list[Callable[[Sequence[Recorded]], None]] = []
        hall: Any = SimpleNamespace(setup=SETUP)
        self.desk = KeypadDesk("pads", {ADDRESS: WINDOW}, {}, hall, cast("Shown", self), cast("Any", None))

    @property
    def state(self) -> object:
        return self.ledger.state

    def watch(self, watcher: Callable[[Sequence[Recorded]], None]) -> Callable[[], None]:
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def tell(self, facts: int = 1) -> None:
        for watcher in self._watchers:
            watcher(self.ledger.log[-facts:])

    def issue(self) -> None:
        self.ledger.issue("social")
        self.tell()


def on(test: Callable[[Room], Awaitable[None]]) -> None:
    async def main() -> None:
        room = Room()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(room.desk.run(room.pads))
            await asyncio.sleep(5)
            assert room.pads.shown == [(0, None)]
            await test(room)
            running.cancel()

    run_virtually(main())


def test_a_ticket_that_is_taken_or_called_shows_at_once() -> None:
    async def test(room: Room) -> None:
        began = asyncio.get_running_loop().time()
        room.issue()
        await asyncio.sleep(0)
        room.ledger.call(WINDOW)
        room.tell()
        await asyncio.sleep(0.1)
        assert room.pads.shown[1:] == [(1, None), (0, "001")]
        assert room.pads.times[1:] == [began, began]

    on(test)


def test_a_rush_at_the_kiosk_does_not_fill_the_pads_line() -> None:
    async def test(room: Room) -> None:
        for _ in range(100):
            room.issue()
            await asyncio.sleep(0.05)
        await asyncio.sleep(2)
        assert len(room.pads.shown) <= 8
        assert room.pads.shown[-1] == (100, None)

    on(test)


def test_a_pad_that_lost_what_it_showed_is_told_again() -> None:
    async def test(room: Room) -> None:
        await asyncio.sleep(60)
        assert room.pads.shown == [(0, None)] * 3

    on(test)


def test_an_invitation_by_the_page_arms_the_evaluator() -> None:
    async def test(room: Room) -> None:
        room.issue()
        room.ledger.call(WINDOW)
        room.ledger.add(*verbs.finish(room.ledger.desk(WINDOW)))
        room.tell(2)
        await asyncio.sleep(0)
        assert room.pads.armed == [ADDRESS]

    on(test)


def test_an_invitation_by_the_pad_has_armed_it_already() -> None:
    async def test(room: Room) -> None:
        room.issue()
        room.ledger.call(WINDOW)
        room.ledger.add(*verbs.finish(room.ledger.desk(WINDOW), armed=True))
        room.tell(2)
        await asyncio.sleep(1)
        assert room.pads.armed == []

    on(test)
