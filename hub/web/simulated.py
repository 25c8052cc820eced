"""The demo's time for the pages: its hall's clock runs at another speed than theirs, and jumps."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.clock import ScaledClock

HEADER: Final = "hall-time"
"""`<milliseconds since 1970> <how many times as fast as real>`; a hall on real time does not send it."""


class SimulatedTime:
    """ASGI middleware that says in each answer what time it is in the simulated hall."""

    def __init__(self, app: ASGIApp, clock: ScaledClock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header to an HTTP answer."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = f"{self._clock.wall_ms()} {self._clock.speed:g}"
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)
