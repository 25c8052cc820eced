"""Engines, schema and the lock on the data folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from hub import migrations
from hub.config import HallConfig
from hub.errors import LogBusy, Unusable

FILE_NAME: Final = "hallhub.sqlite"
FOLDER_MODE: Final = 0o750
"""Of a data folder that is made: people's data and the hashes of tokens are not for every user of the machine."""
BUSY_TIMEOUT_S: Final = 10
SQLITE: Final = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False, "cached_statements": 128}
_WAL_AGAIN_S: Final = 0.01
CHECKPOINT_PAGES: Final = 2000
"""WAL pages before a checkpoint: few enough for a small file, so many that a press seldom pays for one."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where the hall's data lies: a folder with an embedded database, or a PostgreSQL URL."""

    url: str
    _engines: list[Engine] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """The embedded database of a data folder, which is made where it is missing."""
        with told(str(folder)):
            folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        return cls(f"sqlite:///{folder / FILE_NAME}")

    @classmethod
    def of(cls, config: HallConfig) -> Self:
        """The hall's database, as its configuration says."""
        return cls(config.hall.database) if config.hall.database is not None else cls.in_folder(config.hall.data)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is the embedded database."""
        return make_url(self.url).get_backend_name() == "sqlite"

    @property
    def where(self) -> str:
        """Its file, or its address without the password: for messages."""
        try:
            url = make_url(self.url)
        except (SQLAlchemyError, ValueError):  # a port that is no number
            return "[hall] database"
        return (url.database or "") if self.is_sqlite else url.render_as_string(hide_password=True)

    def engine(self, *, single: bool = False) -> Engine:
        """A new engine; `single` for a thread that keeps one connection. `close()` disposes of all."""
        pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 1 if single else 4}
        if self.is_sqlite:
            engine = create_engine(self.url, connect_args=SQLITE, **pool)
            event.listen(engine, "connect", _set_up_sqlite)
        else:
            engine = create_engine(self.url, **pool)
        self._engines.append(engine)
        return engine

    def migrate(self) -> None:
        """Bring the schema up to date; cheap where it is. Unusable where the database can't be had."""
        with told(self.where):
            wait = {"timeout": BUSY_TIMEOUT_S} if self.is_sqlite else {}
            engine = create_engine(self.url, poolclass=NullPool, connect_args=wait)
            if self.is_sqlite:
                event.listen(engine, "connect", _set_up_sqlite)
            migrations.upgrade(engine)

    def close(self) -> None:
        """Dispose of all engines."""
        while self._engines:
            self._engines.pop().dispose()


@contextlib.contextmanager
def told(where: str) -> Iterator[None]:
    """Foreign errors end here: Unusable says where, what and what to do."""
    try:
        yield
    except OSError as error:
        raise Unusable(where, error.strerror or str(error)) from error
    except DBAPIError as error:
        raise Unusable(where, str(error.orig).strip().partition("\n")[0]) from error
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise Unusable(where, str(error).partition("\n")[0]) from error


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection
    cursor = connection.cursor()
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")  # a commit returns after the fsync: acknowledged means durable
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Set the journal mode; SQLite itself does not wait where two programs do so at once with a new database."""
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(_WAL_AGAIN_S)
        else:
            return


class DataLock:
    """Only one of serve, import and restore works on a data folder; the others are told who does."""

    def __init__(self, folder: Path, holder: str) -> None:
        self._path = folder / "lock"
        self._holder = holder
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Take the lock; LogBusy names the holder."""
        with told(str(self._path)):
            self._path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(fd, 200).decode(errors="replace").strip()
            os.close(fd)
            raise LogBusy(holder or "another program") from None
        os.ftruncate(fd, 0)
        os.write(fd, f"hallhub {self._holder}, pid {os.getpid()}\n".encode())
        self._fd = fd
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
