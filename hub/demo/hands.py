"""How a clerk does things: by the caller pad's keys on the wire, or by HTTP as the page does.

A verb returns when what came of it is shown, or after a while without; whether it was done is seen by looking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, Protocol

from drivers.keypad import emulator as pad
from hub.demo.floor import Floor
from hub.demo.http import API

Verb = Literal[
    "sign-on",
    "next",
    "recall",
    "miss",
    "start",
    "finish",
    "hold",
    "take-back",
    "transfer",
    "pause",
    "resume",
    "assist",
    "sign-off",
]

LOOKS_S: Final = 3.0
"""Real seconds that a clerk looks at the pad for something to happen."""
_KEYS: Final[Mapping[Verb, tuple[int, ...]]] = {
    "next": pad.CALL,
    "recall": pad.RECALL,
    "miss": pad.GIVE_UP,
    "finish": pad.EVALUATE,
    "hold": pad.HANG,
    "take-back": pad.CALL_BACK,
    "transfer": pad.TRANSFER,
    "pause": pad.WAIT,
    "resume": pad.WAIT,
}


class Hands(Protocol):
    """A clerk's verbs at one window."""

    async def do(self, verb: Verb, **said: str | int) -> None:
        """Do it; `said` is what the page says with it, and the pad can't."""


class PageHands:
    """The clerk's page."""

    def __init__(self, floor: Floor, window: int) -> None:
        self._floor = floor
        self._window = window

    async def do(self, verb: Verb, **said: str | int) -> None:
        """Ask the hub."""
        await self._floor.tools.page.post(f"{API}/windows/{self._window}/{verb}", said or None)
        await self._floor.caught_up()


class PadHands:
    """The caller pad, and the page for what the pad has no key for: coming again on the same day, going home."""

    def __init__(self, floor: Floor, window: int) -> None:
        self._floor = floor
        self._window = window
        self._page = PageHands(floor, window)

    async def do(self, verb: Verb, **said: str | int) -> None:
        """Press the key. None starts a visit or declares help: those verbs do nothing here."""
        if verb == "sign-on" and self._floor.window(self._window).signed_day != self._floor.state.day:
            await self._press(pad.CALL)  # the day's first key signs on, whichever it is
        elif verb in {"sign-on", "sign-off"}:
            await self._page.do(verb, **said)
        elif verb in _KEYS:
            await self._press(_KEYS[verb])

    async def _press(self, keys: tuple[int, ...]) -> None:
        floor, counter = self._floor, self._floor.counters[self._window]
        before = counter.pad_frames
        floor.tools.hardware.key(self._window, keys)
        by_ms = floor.agenda.now_ms + LOOKS_S * 1000 * floor.agenda.speed
        await counter.bell.until(lambda: counter.pad_frames > before, by_ms)
