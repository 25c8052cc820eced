"""What disk and library can do at best, measured beside the hub's own figures."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from statistics import median

PAGE = bytes(4096)
ROW = (1_764_000_000_000, 123_456_789, "key.pressed", "x" * 190, bytes(32))
"""As wide as a stored press."""


class Disk:
    """A file whose `fdatasync` is timed."""

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / "fdatasync.floor", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def fdatasync_s(self, times: int) -> list[float]:
        """Seconds of each of so many `fdatasync` after one page was appended, as a database's log is."""
        took: list[float] = []
        for _ in range(times):
            os.write(self._fd, PAGE)
            begin = time.perf_counter()
            os.fdatasync(self._fd)
            took.append(time.perf_counter() - begin)
        return took

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


class RawSqlite:
    """sqlite3 alone: rows as wide as ours in groups, one commit a group, WAL and FULL, no hash, no index."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "raw.floor", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, wall, mono, kind, payload, hash)")
        self._seq = 0

    def rows_per_s(self, group: int, seconds: float) -> float:
        """Durable rows a second in groups of that size."""
        begin = time.perf_counter()
        written = 0
        while (passed := time.perf_counter() - begin) < seconds:
            rows = [(self._seq + n, *ROW) for n in range(group)]
            self._seq += group
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO rows VALUES (?,?,?,?,?,?)", rows)
            self._db.execute("COMMIT")
            written += group
        return written / passed

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def median_ms(seconds: list[float]) -> float:
    """The median in milliseconds."""
    return median(seconds) * 1000
