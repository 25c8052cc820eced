"""Check that the log is what was written: chain, numbers, head, personal values, and checkpoints kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError, NoResultFound

from hub.domain.codec import GENESIS, chain, personal_fields, personal_hash, row_bytes
from hub.domain.events import KINDS
from hub.eventlog.database import Database
from hub.eventlog.log import read_head
from hub.eventlog.tables import EVENTS, PERSONAL
from hub.eventlog.writer import Head

BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's hash at a number, kept where the hall's administrators can't reach it."""

    seq: int
    hash: str
    """Hex."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verify found; `bad_seq` is the first number at which the log does not hold."""

    count: int
    last_hash: str
    bad_seq: int | None = None
    reason: str = ""
    erased: int = 0
    """Personal values of which retention left only the hash."""


def verify(
    database: Database,
    witness: Iterable[Checkpoint] = (),
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Verdict:
    """Walk the whole log once; `progress(done, total)` is called now and then."""
    expected = _expected(witness)
    with _frozen(database) as connection:
        head = _head(connection)
        last, count, hashed = GENESIS, 0, 0
        try:
            for row in _rows(connection):
                count += 1
                last = _chained(last, row)
                reason = _fault(row, count, last, expected.pop(row.seq, frozenset()))
                if reason:
                    return Verdict(count, last.hex(), count, reason)
                hashed += _count_hashed(row.kind, row.payload)
                if count % BATCH == 0:
                    progress(count, head.count)
        except DBAPIError as error:
            return Verdict(count, last.hex(), count + 1, f"数据库无法读取 (unreadable): {error.orig}")
        if (head.count, head.last_seq, head.last_hash) != (count, count, last):
            return Verdict(
                count, last.hex(), min(count, head.last_seq) + 1, f"头记录为 {head.count} 条，实有 {count} 条 (head)"
            )
        if expected:
            return Verdict(count, last.hex(), count + 1, f"外部检查点 {min(expected)} 之后的记录不在日志中 (witness)")
        bad, kept = _check_personal(connection)
        if bad is not None:
            return Verdict(count, last.hex(), bad, "个人信息与其哈希不符 (personal value)")
        return Verdict(count, last.hex(), erased=hashed - kept)


@contextmanager
def _frozen(database: Database) -> Iterator[Connection]:
    """One view of the database for the whole walk, though the hub goes on writing."""
    engine = database.engine()
    if not database.is_sqlite:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN")  # its driver would begin only before a write
        yield connection


def _expected(witness: Iterable[Checkpoint]) -> dict[int, frozenset[str]]:
    """What the checkpoints say of each number: two words for one number are each held against the log."""
    expected: dict[int, frozenset[str]] = {}
    for checkpoint in witness:
        if (checkpoint.seq, checkpoint.hash) != (0, GENESIS.hex()):  # taken before the first fact: every log holds it
            expected[checkpoint.seq] = expected.get(checkpoint.seq, frozenset()) | {checkpoint.hash}
    return expected


def _head(connection: Connection) -> Head:
    try:
        return read_head(connection)
    except (DBAPIError, NoResultFound):
        return Head(0, 0, b"")  # differs from whatever the rows say


def _chained(last: bytes, row: Any) -> bytes:  # noqa: ANN401 - a result row
    """The chain's hash with this row; empty where its columns hold what no fact has (SQLite lets anything stand)."""
    try:
        return chain(last, row_bytes(row.seq, row.wall_ms, row.mono_ns, row.kind, row.payload.encode()))
    except (TypeError, AttributeError):
        return b""


def _fault(row: Any, count: int, computed: bytes, witnessed: frozenset[str]) -> str:  # noqa: ANN401 - a result row
    if row.seq != count:
        return f"缺第 {count} 条，下一条是 {row.seq} (gap)"
    if row.hash != computed or not computed:
        return "内容与哈希链不符 (chain)"
    if witnessed - {computed.hex()}:
        return "与外部检查点不符 (witness)"
    return ""


def _rows(connection: Connection) -> Iterator[Any]:
    after, limit = -(2**62), BATCH
    columns = (EVENTS.c.seq, EVENTS.c.wall_ms, EVENTS.c.mono_ns, EVENTS.c.kind, EVENTS.c.payload, EVENTS.c.hash)
    while True:
        query = select(*columns).where(EVENTS.c.seq > after).order_by(EVENTS.c.seq).limit(limit)
        try:
            rows = connection.execute(query).all()
        except DBAPIError:
            if limit == 1:
                raise
            limit = 1  # one by one up to the row that can't be read
            continue
        yield from rows
        if len(rows) < limit:
            return
        after = rows[-1].seq


def _count_hashed(kind: str, payload: str) -> int:
    """How many personal values a row speaks of."""
    known = KINDS.get(kind)
    names = personal_fields(known) if known is not None else ()
    values = _values(payload) if names else {}
    return sum(1 for name in names if values.get(name) is not None)


def _check_personal(connection: Connection) -> tuple[int | None, int]:
    """The first number whose personal value does not match its hash, and how many values are kept."""
    query = (
        select(PERSONAL.c.seq, PERSONAL.c.field, PERSONAL.c.salt, PERSONAL.c.value, EVENTS.c.payload)
        .outerjoin_from(PERSONAL, EVENTS, PERSONAL.c.seq == EVENTS.c.seq)
        .order_by(PERSONAL.c.seq)
    )
    kept = 0
    for row in connection.execution_options(yield_per=BATCH).execute(query):
        if _values(row.payload or "").get(row.field) != _personal_hash(row.salt, row.value):
            return row.seq, kept
        kept += 1
    return None, kept


def _personal_hash(salt: Any, value: Any) -> str:  # noqa: ANN401 - SQLite lets anything stand in any column
    try:
        return personal_hash(salt, value)
    except (TypeError, AttributeError):
        return ""


def _values(payload: str) -> dict[str, Any]:
    """A fact's fields; none where somebody put no object there and made the chain anew."""
    try:
        return msgspec.json.decode(payload, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
