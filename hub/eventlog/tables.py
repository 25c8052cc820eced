"""The log's tables. `hub.migrations` creates them; nothing but the writer thread writes to them."""

from __future__ import annotations

from typing import cast

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel


class EventRow(SQLModel, table=True):
    """One fact. Rows are appended and never changed: the database refuses, and the chain tells."""

    __tablename__ = "events"

    # In SQLite only an INTEGER key is the row's own number, without an index beside it.
    seq: int = Field(
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    )
    wall_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    mono_ns: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    payload: str = Field(sa_column=Column(Text, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


class PersonalRow(SQLModel, table=True):
    """One personal value, apart from its fact, so that retention may empty this table without breaking the chain."""

    __tablename__ = "personal"

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    field: str = Field(sa_column=Column(Text, primary_key=True))
    salt: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    value: str = Field(sa_column=Column(Text, nullable=False))


class HeadRow(SQLModel, table=True):
    """Where the log ends: one row, changed in the same transaction as the rows it speaks of."""

    __tablename__ = "head"
    __table_args__ = (CheckConstraint("id = 1", name="ck_head_one_row"),)

    id: int = Field(default=1, primary_key=True)
    count: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


class SnapshotRow(SQLModel, table=True):
    """A folded state, so that a restart needs only the facts after it. May be deleted at any time."""

    __tablename__ = "snapshots"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    version: int
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def _table(model: type[SQLModel]) -> Table:
    return cast("Table", getattr(model, "__table__"))  # noqa: B009 - SQLModel's types don't name it


EVENTS = _table(EventRow)
PERSONAL = _table(PersonalRow)
HEAD = _table(HeadRow)
SNAPSHOTS = _table(SnapshotRow)
