"""The one thread that appends to the log: drain what waits, commit it as one group, tell.

There is no linger: a lone press is committed at once, and what comes in meanwhile forms the next group by itself. Where
the disk is full the group is kept and tried again; the order of the log never changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import Connection, Dialect, Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError

from hub.domain.codec import Personal, chain, row_bytes
from hub.eventlog.tables import EVENTS, HEAD, PERSONAL, SNAPSHOTS

_log = structlog.get_logger(__name__)

RETRY_S: Final = 1.0
GROUP_MOST: Final = 2000
"""Rows a commit; bounds the time until the first of a flood is told."""
SNAPSHOTS_KEPT: Final = 2
INSERT_MOST: Final = 100
"""Rows a statement; sqlite3 keeps the statements of that many sizes prepared."""
_WIDTH: Final = len(EVENTS.columns)

_INSERT_PERSONAL = insert(PERSONAL)


class Row(NamedTuple):
    """One fact, encoded, with its place and times; a tuple, since one is made for every fact."""

    seq: int
    wall_ms: int
    mono_ns: int
    kind: str
    payload: bytes
    personal: tuple[Personal, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folded state to keep."""

    name: str
    seq: int
    version: int
    body: bytes


@dataclass(slots=True)
class Head:
    """Where the log ends."""

    count: int
    last_seq: int
    last_hash: bytes


class Writer:
    """Owns the writing connection. `on_durable(seq)` and `on_trouble(reason or None)` are called in its thread."""

    def __init__(
        self, engine: Engine, head: Head, on_durable: Callable[[int], None], on_trouble: Callable[[str | None], None]
    ) -> None:
        self._engine = engine
        self._head = head
        self._on_durable = on_durable
        self._on_trouble = on_trouble
        self._waiting: SimpleQueue[tuple[Row, ...] | Snapshot | None] = SimpleQueue()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="log-writer", daemon=True)
        self.put = self._waiting.put
        """Queue rows (a tuple, kept together in one commit) or a snapshot; never blocks."""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end; what the disk refuses is given up. Blocks."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._write()
        except Exception as error:  # noqa: BLE001 - the top of the thread: whoever waits for the disk must be told
            _log.exception("log.writer_ended")
            self._on_trouble(str(error))

    def _write(self) -> None:
        with self._engine.connect() as connection:
            while True:
                rows, snapshots, ended = self._drain()
                if rows and not self._append_until_done(connection, rows):
                    return
                for snapshot in snapshots:
                    self._save(connection, snapshot)
                if ended:
                    return

    def _drain(self) -> tuple[list[Row], list[Snapshot], bool]:
        rows: list[Row] = []
        snapshots: list[Snapshot] = []
        item = self._waiting.get()
        while True:
            if item is None:
                return rows, snapshots, True
            if isinstance(item, Snapshot):
                snapshots.append(item)
            else:
                rows.extend(item)
            if len(rows) >= GROUP_MOST:
                return rows, snapshots, False
            try:
                item = self._waiting.get_nowait()
            except Empty:
                return rows, snapshots, False

    def _append_until_done(self, connection: Connection, rows: list[Row]) -> bool:
        """Return whether the rows are durable; False only when the hub stops while the disk refuses."""
        in_trouble = False
        while True:
            try:
                head = append(connection, self._head, rows)
            except DBAPIError as error:
                connection.rollback()
                in_trouble = True
                self._on_trouble(str(error.orig))
                if self._stopping.wait(RETRY_S):
                    _log.error("log.given_up", facts=len(rows), first=rows[0].seq, reason=str(error.orig))
                    return False
                continue
            self._head = head
            if in_trouble:
                self._on_trouble(None)
            self._on_durable(head.last_seq)
            return True

    def _save(self, connection: Connection, snapshot: Snapshot) -> None:
        """Keep a snapshot and the one before it; a disk that refuses costs only a longer restart."""
        mine = SNAPSHOTS.c.name == snapshot.name
        newest = select(SNAPSHOTS.c.seq).where(mine).order_by(SNAPSHOTS.c.seq.desc()).limit(SNAPSHOTS_KEPT)
        values = {"name": snapshot.name, "seq": snapshot.seq, "version": snapshot.version, "body": snapshot.body}
        try:
            connection.execute(delete(SNAPSHOTS).where(mine, SNAPSHOTS.c.seq >= snapshot.seq))
            connection.execute(insert(SNAPSHOTS), values)
            kept = list(connection.execute(newest).scalars())
            connection.execute(delete(SNAPSHOTS).where(mine, SNAPSHOTS.c.seq.not_in(kept)))
            connection.commit()
        except DBAPIError:
            connection.rollback()


def append(connection: Connection, head: Head, rows: list[Row]) -> Head:
    """Append rows and move the head in one transaction; when this returns they are durable."""
    values: list[Any] = []
    personal: list[dict[str, Any]] = []
    last = head.last_hash
    for seq, wall_ms, mono_ns, kind, payload, apart in rows:
        last = chain(last, row_bytes(seq, wall_ms, mono_ns, kind, payload))
        values += (seq, wall_ms, mono_ns, kind, payload.decode(), last)
        if apart:
            personal.extend({"seq": seq, "field": one.field, "salt": one.salt, "value": one.value} for one in apart)
    dialect = connection.dialect
    for first in range(0, len(values), INSERT_MOST * _WIDTH):
        some = tuple(values[first : first + INSERT_MOST * _WIDTH])
        connection.exec_driver_sql(_insert_sql(dialect, len(some) // _WIDTH), some)
    if personal:
        connection.execute(_INSERT_PERSONAL, personal)
    new = Head(head.count + len(rows), rows[-1].seq, last)
    connection.exec_driver_sql(_head_sql(dialect), (new.count, new.last_seq, new.last_hash))
    connection.commit()
    return new


# One statement for many rows and no executemany: sqlite3 gives the interpreter's lock away at every row it steps, and a
# busy event loop takes milliseconds to give it back. In the database's own words, for tuples, since none of the columns
# needs the conversions that Core makes for each value.


@cache
def _insert_sql(dialect: Dialect, rows: int) -> str:
    columns = ", ".join(column.name for column in EVENTS.columns)
    marks = f"({', '.join([_mark(dialect)] * _WIDTH)})"
    return f"INSERT INTO {EVENTS.name} ({columns}) VALUES {', '.join([marks] * rows)}"  # noqa: S608 - names of our own table


@cache
def _head_sql(dialect: Dialect) -> str:
    mark = _mark(dialect)
    return f"UPDATE {HEAD.name} SET count = {mark}, last_seq = {mark}, last_hash = {mark} WHERE id = 1"  # noqa: S608 - the same


def _mark(dialect: Dialect) -> str:
    return "?" if dialect.paramstyle == "qmark" else "%s"
