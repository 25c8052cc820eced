"""Write to a log without a bus: rows in, numbers of what became durable out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from hub.domain import codec
from hub.domain.events import Fact, Paused, TicketIssued
from hub.eventlog import EventLog, Row
from tests.hub.running import open_log

PATIENCE_S = 30


def pause(n: int) -> Paused:
    return Paused(window=n, clerk="1001", reason=f"第{n}次", by="test")


def issued(n: int, holder: str | None) -> TicketIssued:
    return TicketIssued(
        ticket=f"t{n}",
        number=f"A{n:03}",
        service="social",
        day="2026-10-01",
        count=n,
        priority=None,
        kiosk=None,
        code=f"c{n}",
        ahead=0,
        estimate_s=0,
        by="test",
        holder=holder,
    )


def row(seq: int, fact: Fact) -> Row:
    encoded = codec.encode(fact, lambda: seq.to_bytes(32))
    return Row(seq, 1_790_816_400_000 + seq, 10**9 * seq, encoded.kind, encoded.payload, encoded.personal)


def rows(facts: Iterable[Fact], first: int = 1) -> list[Row]:
    return [row(seq, fact) for seq, fact in enumerate(facts, first)]


@dataclass
class Told:
    """What the writer thread tells."""

    durable: SimpleQueue[int] = field(default_factory=SimpleQueue)
    trouble: SimpleQueue[str | None] = field(default_factory=SimpleQueue)

    def wait(self, seq: int) -> list[int]:
        """Wait until `seq` is durable; return the ends of the groups until then."""
        ends: list[int] = []
        while not ends or ends[-1] < seq:
            ends.append(self.durable.get(timeout=PATIENCE_S))
        return ends


def start(log: EventLog) -> Told:
    told = Told()
    log.start(told.durable.put, told.trouble.put)
    return told


def write(folder: Path, facts: list[Fact]) -> None:
    """Append facts to the log in a folder, one commit each, and close it."""
    with closing(open_log(folder)) as log:
        told = start(log)
        for one in rows(facts, log.head().last_seq + 1):
            log.append((one,))
            told.wait(one.seq)
