"""The one place that connects, and connects again.

`keep` opens a port, lets its caller make the sessions of the devices on it, runs them until the link is lost, waits a
little and starts over. It tells once that the link went and once that it is back, however many attempts lie between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from random import Random
from typing import NoReturn

from drivers.bus import Bus
from drivers.errors import LinkLost, TransportError
from drivers.events import LinkDown, LinkUp
from drivers.registry import Session
from drivers.transports import Transport, open_transport, parse_port

_RETRY_S = (0.1, 0.3, 1.0, 2.0)  # a plug that wobbles is back at once; a device that is plugged in shows within 3 s
_JITTER = 0.25  # 60 devices on one hub that lost its power don't all knock at the same moment
_SETTLED_S = 10.0  # a link that lived so long starts again with the shortest wait

Attach = Callable[[Bus], Sequence[Session]]
Report = Callable[[LinkUp | LinkDown], None]


async def keep(
    url: str,
    attach: Attach,
    report: Report,
    *,
    random: Random,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
    open_port: Callable[[str], Awaitable[Transport]] = open_transport,
) -> NoReturn:
    """Keep the sessions that `attach` makes running on a port, until cancelled.

    `attach` is called on each new bus, before its first byte is read. BadOption, and whatever else a session raises
    beside TransportError, ends it: settings and programs don't heal by waiting.
    """
    char_s = parse_port(url).line.char_s
    attempt, told_down = 0, False
    while True:
        opened_at = inf
        try:
            transport = await open_port(url)
            try:
                opened_at, told_down = clock(), False
                report(LinkUp(url))
                bus = Bus(transport, char_s=char_s, clock=clock)
                await _run(bus, attach(bus))
            finally:
                await transport.aclose()
        except TransportError as error:
            if not told_down:
                report(LinkDown(url, error.reason))
            told_down = True
        if clock() - opened_at >= _SETTLED_S:
            attempt = 0
        delay_s = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
        await sleep(delay_s * random.uniform(1 - _JITTER, 1 + _JITTER))
        attempt += 1


async def _run(bus: Bus, sessions: Sequence[Session]) -> None:
    """Run until the link is lost; TransportError then."""
    error: TransportError = LinkLost(bus.url, "no reason given")
    try:
        # The bus runs in this task: waiting for children in __aexit__, a group of Python 3.11 leaves its own task's
        # cancelling() counted up when one fails, and _stay_cancelled could not tell.
        async with asyncio.TaskGroup() as tasks:
            for session in sessions:
                tasks.create_task(session.run())
            await asyncio.sleep(0)  # each session's first step: one that listens when it runs hears the first byte too
            await bus.run()
    except* TransportError as lost:
        error = _first_of(lost)
    _stay_cancelled()
    raise error


def _first_of(group: BaseExceptionGroup[TransportError]) -> TransportError:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, TransportError)
    return first


def _stay_cancelled() -> None:
    """A task group that ends with errors hides that its own task was cancelled meanwhile."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
