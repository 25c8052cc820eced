"""EventLog: append rows, read them back, keep snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, select

from hub.domain.codec import decode, personal_fields
from hub.domain.events import KINDS, Recorded, Stamp
from hub.eventlog.database import Database
from hub.eventlog.tables import EVENTS, HEAD, PERSONAL, SNAPSHOTS
from hub.eventlog.writer import Head, Row, Snapshot, Writer

READ_BATCH: Final = 2000
_WITH_PERSONAL: Final = frozenset(name for name, kind in KINDS.items() if personal_fields(kind))


class EventLog:
    """The hall's facts. Reading works from any thread and any process; writing belongs to the one that `start`ed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        database.migrate()
        self._reading = database.engine()
        self._writer: Writer | None = None

    def head(self) -> Head:
        """Where the log ends, as the database has it."""
        with self._reading.connect() as connection:
            return read_head(connection)

    def start(self, on_durable: Callable[[int], None], on_trouble: Callable[[str | None], None]) -> Head:
        """Start the writer thread, which calls back from there; return where the log ends."""
        head = self.head()
        self._writer = Writer(self.database.engine(single=True), head, on_durable, on_trouble)
        self._writer.start()
        return head

    def append(self, rows: tuple[Row, ...]) -> None:
        """Queue rows that follow the head, to be committed together; `on_durable` tells when they are."""
        assert self._writer is not None, "start() first"
        self._writer.put(rows)

    def save_snapshot(self, name: str, seq: int, version: int, body: bytes) -> None:
        """Keep a folded state of all facts up to `seq`."""
        assert self._writer is not None, "start() first"
        self._writer.put(Snapshot(name, seq, version, body))

    def latest_snapshot(self, name: str, version: int) -> tuple[int, bytes] | None:
        """The newest snapshot of that version that does not run ahead of the log."""
        query = (
            select(SNAPSHOTS.c.seq, SNAPSHOTS.c.body)
            .where(SNAPSHOTS.c.name == name, SNAPSHOTS.c.version == version, SNAPSHOTS.c.seq <= self.head().last_seq)
            .order_by(SNAPSHOTS.c.seq.desc())
            .limit(1)
        )
        with self._reading.connect() as connection:
            row = connection.execute(query).first()
        return (row[0], row[1]) if row else None

    def read(self, after: int, limit: int = READ_BATCH, kinds: Sequence[str] = ()) -> list[Recorded]:
        """Facts with a number above `after`, in order; only of `kinds` where given."""
        query = select(
            EVENTS.c.seq,
            EVENTS.c.wall_ms,
            EVENTS.c.mono_ns,
            EVENTS.c.kind,
            EVENTS.c.payload,
        ).where(EVENTS.c.seq > after)
        if kinds:
            query = query.where(EVENTS.c.kind.in_(kinds))
        with self._reading.connect() as connection:
            rows = connection.execute(query.order_by(EVENTS.c.seq).limit(limit)).all()
            personal = _read_personal(connection, [row[0] for row in rows if row[3] in _WITH_PERSONAL])
        return [
            Recorded(seq, Stamp(wall_ms, mono_ns), decode(kind, payload.encode(), personal.get(seq)))
            for seq, wall_ms, mono_ns, kind, payload in rows
        ]

    def replay(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Recorded]:
        """All facts with a number above `after`, read in batches."""
        while batch := self.read(after, kinds=kinds):
            yield from batch
            after = batch[-1].seq

    def close(self) -> None:
        """Write what waits and end. Blocks."""
        if self._writer is not None:
            self._writer.stop()
            self._writer = None
        self.database.close()


def read_head(connection: Connection) -> Head:
    """The head row."""
    row = connection.execute(select(HEAD.c.count, HEAD.c.last_seq, HEAD.c.last_hash)).one()
    return Head(row[0], row[1], row[2])


def _read_personal(connection: Connection, seqs: list[int]) -> dict[int, dict[str, str]]:
    if not seqs:
        return {}
    query = select(PERSONAL.c.seq, PERSONAL.c.field, PERSONAL.c.value).where(PERSONAL.c.seq.in_(seqs))
    found: dict[int, dict[str, str]] = {}
    for seq, field, value in connection.execute(query):
        found.setdefault(seq, {})[field] = value
    return found
