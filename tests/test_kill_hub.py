"""kill -9 of the whole hub under load: `hallhub serve`, real drivers on ptys, HTTP; then again on the same data.

Whatever was acknowledged, on the wire or by HTTP, is there once; a repeated request gets its answer; no number comes
twice; everybody keeps their place in the queue; the log's chain holds.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from hub.domain import events as e
from hub.domain.state import HallState
from tests.halls import PATIENCE_S, Premises, audit, hardware, until

TAKERS = 4
THOUGHT_S = 0.05
"""What a citizen takes before the press, at least: by then the hub has said what it had to say to the pads."""
MOST_ACKNOWLEDGED = 80
"""A hub is killed after so many acknowledgements at most."""


@dataclass
class Promised:
    """What the hubs acknowledged before they were killed."""

    tickets: dict[str, bytes] = field(default_factory=dict)
    """Idempotency key → the answer's body."""
    unanswered: set[str] = field(default_factory=set)
    calls: set[tuple[str, int]] = field(default_factory=set)
    finished: set[tuple[str, int]] = field(default_factory=set)


class Life:
    """One run of the hub under load, from its first answer to its death."""

    def __init__(self, premises: Premises, promised: Promised, url: str, number: int) -> None:
        self.acknowledged = 0
        self.presses = 0
        self._premises = premises
        self._promised = promised
        self._url = url
        self._number = number

    @asynccontextmanager
    async def client(self, role: Any) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {self._premises.tokens[role]}"}
        limits = httpx.Limits(keepalive_expiry=2.0)
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=PATIENCE_S, limits=limits) as one:
            yield one

    async def ask_again(self) -> None:
        """The kiosks repeat what they asked the hubs before this one; whoever got no answer gets one now."""
        promised = self._promised
        async with self.client("device") as kiosk:
            for key in promised.unanswered:
                promised.tickets[key] = (await self._order(kiosk, key)).content
            promised.unanswered.clear()
            for key in list(promised.tickets)[-30:]:
                again = await self._order(kiosk, key)
                assert (again.status_code, again.content) == (201, promised.tickets[key])

    async def check_queue(self, expected: HallState) -> None:
        """As many wait as before."""
        async with self.client("device") as wall:
            board = (await wall.get("/api/v1/board")).json()
        waiting = {one["code"]: one["waiting"] for one in board["board"]["services"]}
        assert waiting == {code: len(expected.waiting(code)) for code in waiting}

    async def take_tickets(self, taker: int) -> None:
        async with self.client("device") as kiosk:
            for n in range(10_000):
                key = f"{self._number}-{taker}-{n}"
                self._promised.unanswered.add(key)
                answer = await self._order(kiosk, key)
                assert answer.status_code == 201, answer.text
                self._promised.unanswered.discard(key)
                self._promised.tickets[key] = answer.content
                self.acknowledged += 1

    async def serve_window(self, window: int, clerk: str) -> None:
        async with self.client("clerk") as desk:
            await desk.post(f"/api/v1/windows/{window}/sign-on", json={"clerk": clerk})  # 409 where the last life did
            while True:
                called = await desk.post(f"/api/v1/windows/{window}/next")
                if called.status_code == 200:
                    self._promised.calls.add((called.json()["id"], window))
                finished = await desk.post(f"/api/v1/windows/{window}/finish")
                if finished.status_code == 200:
                    self._promised.finished.add((finished.json()["id"], window))
                assert {called.status_code, finished.status_code} <= {200, 204, 409}
                self.acknowledged += 2
                await asyncio.sleep(THOUGHT_S)
                await self.press(window)

    async def press(self, window: int) -> None:
        """One key after the other: an acknowledgement doesn't say which press of a key it is for, and may come late."""
        devices, pad = self._premises.devices, f"pad-{window}"
        press = devices.pads.press(window, len(devices.truth.of("pressed", pad)) % 4)
        await until(lambda: devices.fate(pad, press), "the press's end")
        self.presses += 1

    async def _order(self, kiosk: httpx.AsyncClient, key: str) -> httpx.Response:
        """Every second request names the kiosk, so that a slip is printed."""
        order = {"service": "social" if int(key[-1]) % 2 else "tax"} | ({"kiosk": "K1"} if int(key[-1]) % 2 else {})
        answer = await kiosk.post("/api/v1/tickets", json=order, headers={"Idempotency-Key": key})
        if answer.status_code == 201:
            self._premises.links[answer.json()["id"]] = answer.json()["link"]
        return answer


@asynccontextmanager
async def hub_process(premises: Premises) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`hallhub serve` and its address."""
    command = (sys.executable, "-m", "hub.cli", "serve", "-c", str(premises.file))
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    said = b""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := re.search(rb"http://[\d.]+:\d+", said)):
                line = await process.stderr.readline()
                assert line, said.decode()
                said += line
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(process.stderr.read())  # a full pipe would hold the hub up
            yield process, found.group().decode()
            reading.cancel()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def one_life(premises: Premises, promised: Promised, number: int, most: int) -> None:
    """Let a hub work until it has acknowledged so much, and kill it."""
    before = fold(premises.log())
    async with hub_process(premises) as (process, url):
        life = Life(premises, promised, url, number)
        await life.check_queue(before)
        await life.ask_again()
        people: list[Callable[[], Any]] = [
            lambda: life.serve_window(3, "1001"),
            lambda: life.serve_window(4, "1002"),
            *(lambda taker=taker: life.take_tickets(taker) for taker in range(TAKERS)),
        ]
        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(until_killed(one)) for one in people]
            await until(lambda: life.acknowledged >= most and life.presses >= min(most, 4), "enough acknowledgements")
            process.kill()
            assert await process.wait() == -signal.SIGKILL
            for one in working:
                one.cancel()


async def until_killed(work: Callable[[], Any]) -> None:
    """Work; a connection that breaks then is the hub's death."""
    try:
        await work()
    except httpx.TransportError:
        return


def fold(log: list[e.Recorded]) -> HallState:
    state = HallState()
    for recorded in log:
        state.apply(recorded)
    return state


def check(premises: Premises, promised: Promised) -> None:
    """Judge what is on disk against what was promised."""
    audit(premises)
    log = premises.log()
    issued = [one.fact for one in log if isinstance(one.fact, e.TicketIssued)]
    assert len({(ticket.day, ticket.number) for ticket in issued}) == len(issued) == len({one.ticket for one in issued})
    stored = {ticket.ticket: ticket.number for ticket in issued}
    answers = [httpx.Response(201, content=body).json() for body in promised.tickets.values()]
    assert len({answer["id"] for answer in answers}) == len(answers)
    assert all(stored[answer["id"]] == answer["number"] for answer in answers)
    assert len(issued) <= len(promised.tickets) + len(promised.unanswered)
    calls = [(one.fact.ticket, one.fact.window) for one in log if isinstance(one.fact, e.TicketCalled)]
    assert len(calls) == len({ticket for ticket, _ in calls})
    assert promised.calls <= set(calls)
    assert promised.finished <= {
        (one.fact.ticket, one.fact.window) for one in log if isinstance(one.fact, e.TicketFinished)
    }
    for service in ("social", "tax"):
        in_order = [ticket.ticket for ticket in issued if ticket.service == service]
        called = [
            one.fact.ticket for one in log if isinstance(one.fact, e.TicketCalled) and one.fact.service == service
        ]
        assert called == in_order[: len(called)], "somebody lost their place in the queue"


@pytest.mark.parametrize("lives", [3, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
async def test_a_killed_hub_keeps_all_that_it_promised(tmp_path: Path, lives: int) -> None:
    chance = Random(lives)
    promised = Promised()
    with hardware(tmp_path, seed=lives) as devices:
        premises = Premises(tmp_path, devices)
        for life in range(lives):
            # Now and then a hub dies as soon as it has begun.
            most = MOST_ACKNOWLEDGED if life == 0 else chance.choice([0, chance.randint(1, MOST_ACKNOWLEDGED)])
            await one_life(premises, promised, life, most)
            check(premises, promised)
        async with hub_process(premises) as (process, url):
            last = Life(premises, promised, url, lives)
            await last.ask_again()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        check(premises, promised)
        assert len(promised.tickets) > lives
        assert len(devices.truth.of("acked")) > lives
        assert promised.calls
    verify = await asyncio.create_subprocess_exec(sys.executable, "-m", "hub.cli", "verify", "-c", str(premises.file))
    assert await verify.wait() == 0
