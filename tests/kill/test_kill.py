"""kill -9 in a storm of presses and tickets: what was acknowledged is there once, and nothing is half."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import msgspec
import pytest

from hub.bus import Bus
from hub.clock import SystemClock
from hub.domain import events as e
from hub.domain.state import VERSION, HallState
from hub.eventlog import verify
from hub.hall import SNAPSHOT, Hall, Request
from tests.hub.ledger import SETUP
from tests.hub.running import SHANGHAI, open_log

ROOT = Path(__file__).parents[2]
MOST_LINES = 150
"""A hall is killed after so many acknowledgements at most."""


@dataclass
class Acknowledged:
    """What the halls promised before they were killed."""

    presses: set[str] = field(default_factory=set)
    tickets: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Id → number, sender and key of its request."""
    calls: set[tuple[str, int]] = field(default_factory=set)
    finished: set[tuple[str, int]] = field(default_factory=set)

    def note(self, line: str) -> None:
        match line.split():
            case ["press", press]:
                assert press not in self.presses
                self.presses.add(press)
            case ["ticket", ticket, number, sender, key]:
                assert ticket not in self.tickets
                self.tickets[ticket] = (number, sender, key)
            case ["called", ticket, window]:
                assert (ticket, int(window)) not in self.calls
                self.calls.add((ticket, int(window)))
            case ["finished", ticket, window]:
                self.finished.add((ticket, int(window)))
            case ["started", _]:
                pass
            case other:
                raise AssertionError(other)


@contextmanager
def nursery() -> Iterator[subprocess.Popen[str]]:
    """The program that forks halls."""
    program = [sys.executable, "-m", "tests.kill.hall_under_load"]
    with subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        yield it
        assert it.stdin is not None
        it.stdin.close()
        assert it.wait(30) == 0


def one_life(program: subprocess.Popen[str], folder: Path, life: int, lines: int, promised: Acknowledged) -> None:
    """Let a hall run until it has acknowledged `lines` things, kill it, note what it still had said."""
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(f"{folder} {life}\n")
    program.stdin.flush()
    pid, heard = 0, 0
    for line in program.stdout:
        match line.split():
            case ["born", number]:
                pid = int(number)
            case ["dead", status]:
                assert int(status) == signal.SIGKILL, "the hall ended by itself"
                return
            case _:
                promised.note(line)
                heard += 1
        if pid and heard >= lines:
            os.kill(pid, signal.SIGKILL)
            lines = sys.maxsize
    raise AssertionError("the nursery ended")


def check(folder: Path, promised: Acknowledged) -> int:
    """Judge the log against what was promised; return its length."""
    log = open_log(folder)
    try:
        verdict = verify(log.database)
        assert verdict.bad_seq is None, verdict
        facts = list(log.replay())
        assert [recorded.seq for recorded in facts] == list(range(1, len(facts) + 1))
        check_presses(facts, promised)
        check_tickets(facts, promised)
        check_snapshot(log.latest_snapshot(SNAPSHOT, VERSION), facts)
    finally:
        log.close()
    return len(facts)


def check_presses(facts: list[e.Recorded], promised: Acknowledged) -> None:
    stored = Counter(one.fact.press for one in facts if isinstance(one.fact, e.KeyPressed))
    assert set(stored.values()) <= {1}
    assert promised.presses <= stored.keys()
    for one, after in zip_longest(facts, facts[1:]):
        if isinstance(one.fact, e.KeyPressed):
            assert after is not None, "a press without its decision"
            assert isinstance(after.fact, e.RatingRecorded | e.PressUnmatched)
            assert after.fact.press == one.fact.press
        elif isinstance(one.fact, e.TicketFinished):
            assert after is not None, "a visit finished without its invite"
            assert isinstance(after.fact, e.RatingInvited)
            assert after.fact.ticket == one.fact.ticket


def check_tickets(facts: list[e.Recorded], promised: Acknowledged) -> None:
    issued = [one.fact for one in facts if isinstance(one.fact, e.TicketIssued)]
    ids = {ticket.ticket: ticket.number for ticket in issued}
    assert len(ids) == len(issued) == len({(ticket.day, ticket.number) for ticket in issued})
    assert {ticket: number for ticket, (number, _, _) in promised.tickets.items()}.items() <= ids.items()
    assert all(ticket.holder == "张三" for ticket in issued)
    calls = Counter(one.fact.ticket for one in facts if isinstance(one.fact, e.TicketCalled))
    assert set(calls.values()) <= {1}
    called = {(one.fact.ticket, one.fact.window) for one in facts if isinstance(one.fact, e.TicketCalled)}
    finished = {(one.fact.ticket, one.fact.window) for one in facts if isinstance(one.fact, e.TicketFinished)}
    assert promised.calls <= called
    assert promised.finished <= finished
    rated = Counter(one.fact.ticket for one in facts if isinstance(one.fact, e.RatingRecorded))
    assert set(rated.values()) <= {1}


def check_snapshot(snapshot: tuple[int, bytes] | None, facts: list[e.Recorded]) -> None:
    if snapshot is not None:
        state = HallState()
        for recorded in facts[: snapshot[0]]:
            state.apply(recorded)
        assert msgspec.json.decode(snapshot[1], type=HallState) == state


async def replay_requests(folder: Path, promised: Acknowledged) -> None:
    """The kiosks ask once more for what they were given."""
    bus = Bus(open_log(folder), SystemClock())
    bus.start()
    try:
        hall = Hall(SETUP, bus, SHANGHAI, lambda: "code")
        hall.start()
        before = bus.last_seq
        for ticket, (number, sender, key) in promised.tickets.items():
            issued = await hall.issue_ticket("social", by="load", request=Request(sender, key, b"social"))
            assert (issued.ticket, issued.number) == (ticket, number)
        assert bus.last_seq == before
    finally:
        await bus.close()


@pytest.mark.parametrize("lives", [10, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
async def test_nothing_acknowledged_is_lost_and_nothing_is_half(tmp_path: Path, lives: int) -> None:
    chance = random.Random(lives)
    promised = Acknowledged()
    stored = 0
    with nursery() as program:
        for life in range(lives):
            # Now and then the hall dies before it has acknowledged anything.
            lines = chance.choice([0, 1, chance.randint(2, MOST_LINES), MOST_LINES])
            one_life(program, tmp_path, life, lines, promised)
            now_stored = check(tmp_path, promised)
            assert now_stored >= stored
            stored = now_stored
    assert len(promised.presses) > lives
    assert len(promised.tickets) > lives
    await replay_requests(tmp_path, promised)
