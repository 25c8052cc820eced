"""The LED signs of one `[[devices]]` table: each shows its window's state, once that is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from displays.signtext import SignStep, SignView, steps
from drivers.led import Sign, SignError, SignText
from hub.domain.events import Recorded
from hub.domain.model import Setup
from hub.shown import Shown

RETRY_S: Final = 2.0
"""Until a text that the sign refused or did not answer is tried again."""

_log = structlog.get_logger(__name__)


class SignDesk:
    """Keeps signs right. `windows`: screen address to window; `size`: pixels of each sign."""

    def __init__(
        self, device: str, windows: Mapping[int, int], size: tuple[int, int], setup: Setup, shown: Shown
    ) -> None:
        self._device = device
        self._windows = windows
        self._size = size
        self._setup = setup
        self._shown = shown
        self._news = {address: asyncio.Event() for address in windows}

    async def run(self, sign: Sign) -> None:
        """While the signs are connected: show each window's state, and show it again when it changes."""
        for news in self._news.values():
            news.set()
        stop = self._shown.watch(self._watch)
        try:
            async with asyncio.TaskGroup() as tasks:
                for address in self._windows:
                    tasks.create_task(self._keep(sign, address))
        finally:
            stop()

    def _watch(self, _batch: Sequence[Recorded]) -> None:
        for news in self._news.values():
            news.set()

    async def _keep(self, sign: Sign, address: int) -> None:
        """One sign: step through what it should show until that changes."""
        news = self._news[address]
        shown: SignView | None = None
        failed: SignView | None = None
        while True:
            view = self._view(address)
            if view == shown:
                await news.wait()
                news.clear()
            elif await self._play(sign, address, view, flash=view != failed):
                shown, failed = view, None
            else:
                failed = view
                await self._changed_within(address, view, RETRY_S)

    async def _play(self, sign: Sign, address: int, view: SignView, *, flash: bool) -> bool:
        """Show the view's steps; False where the sign would not or the view is no longer the window's."""
        *flashing, steady = steps(view)
        for step in flashing if flash else ():
            # Where one fails the steady text must still be said: a sign that comes back gets what was said last.
            if not await self._show(sign, address, step):
                break
            if await self._changed_within(address, view, step.seconds or 0.0):
                return False
        return await self._show(sign, address, steady)

    async def _show(self, sign: Sign, address: int, step: SignStep) -> bool:
        try:
            await sign.show(address, SignText(step.text, step.colour))
        except SignError as error:
            _log.warning("sign.not_shown", device=self._device, address=address, reason=str(error))
            return False
        return True

    async def _changed_within(self, address: int, view: SignView, seconds: float) -> bool:
        """Wait; True as soon as the window should show something else, also since before this was called."""
        news = self._news[address]
        try:
            async with asyncio.timeout(seconds):
                while self._view(address) == view:
                    await news.wait()
                    news.clear()
        except TimeoutError:
            return False
        news.set()  # for `_keep`
        return True

    def _view(self, address: int) -> SignView:
        number = self._windows[address]
        setup = self._setup.windows.get(number)
        window = self._shown.state.window(number)
        ticket = self._shown.state.tickets.get(window.ticket or "")
        return SignView(
            window=number,
            window_name=setup.name if setup else "",
            state=window.state,
            number=ticket.number if ticket else None,
            size=self._size,
        )
