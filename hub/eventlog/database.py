"""Engines, schema and the lock on the data folder."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool, QueuePool

from hub import migrations
from hub.config import HallConfig
from hub.errors import LogBusy

FILE_NAME: Final = "hallhub.sqlite"
BUSY_TIMEOUT_S: Final = 10
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
        folder.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{folder / FILE_NAME}")

    @classmethod
    def of(cls, config: HallConfig) -> Self:
        """The hall's database, as its configuration says."""
        return cls(config.hall.database) if config.hall.database is not None else cls.in_folder(config.hall.data)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is the embedded database."""
        return make_url(self.url).get_backend_name() == "sqlite"

    def engine(self, *, single: bool = False) -> Engine:
        """A new engine; `single` for a thread that keeps one connection. `close()` disposes of all."""
        pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 1 if single else 4}
        if self.is_sqlite:
            engine = create_engine(
                self.url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}, **pool
            )
            event.listen(engine, "connect", _set_up_sqlite)
        else:
            engine = create_engine(self.url, **pool)
        self._engines.append(engine)
        return engine

    def migrate(self) -> None:
        """Bring the schema up to date; cheap where it is."""
        engine = create_engine(self.url, poolclass=NullPool)
        if self.is_sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
        migrations.upgrade(engine)

    def close(self) -> None:
        """Dispose of all engines."""
        while self._engines:
            self._engines.pop().dispose()


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit returns after the fsync: acknowledged means durable
    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    cursor.close()


class DataLock:
    """Only one of serve, import and restore works on a data folder; the others are told who does."""

    def __init__(self, folder: Path, holder: str) -> None:
        self._path = folder / "lock"
        self._holder = holder
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Take the lock; LogBusy names the holder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
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
