import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.domain.events import Paused, Stamp, TicketIssued
from hub.errors import LogBusy
from hub.eventlog import Database, DataLock, EventLog, writer
from hub.eventlog.writer import GROUP_MOST, Head
from tests.hub.eventlog.writing import issued, pause, row, rows, start, write
from tests.hub.running import open_log

ROOT = Path(__file__).parents[3]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    with closing(open_log(tmp_path)) as it:
        yield it


def test_log_begins_with_nothing(log: EventLog) -> None:
    head = log.head()
    assert (head.count, head.last_seq, head.last_hash) == (0, 0, bytes(32))
    assert log.read(0) == []


def test_what_was_appended_is_read_back_in_order_with_its_times(log: EventLog) -> None:
    told = start(log)
    for one in rows([pause(n) for n in range(1, 8)]):
        log.append((one,))
    told.wait(7)
    assert [(r.seq, r.fact) for r in log.read(0)] == [(n, pause(n)) for n in range(1, 8)]
    assert log.read(6)[0].stamp == Stamp(1_790_816_400_007, 7 * 10**9)


def test_reading_begins_after_a_number_and_ends_at_a_limit(log: EventLog) -> None:
    told = start(log)
    log.append(tuple(rows([pause(n) for n in range(1, 8)])))
    told.wait(7)
    assert [r.seq for r in log.read(2, limit=3)] == [3, 4, 5]
    assert [r.seq for r in log.replay(4)] == [5, 6, 7]
    assert log.read(7) == []


def test_reading_of_some_kinds_passes_the_others_over(log: EventLog) -> None:
    told = start(log)
    log.append(tuple(rows([pause(1), issued(2, "张三"), pause(3)])))
    told.wait(3)
    assert [r.seq for r in log.replay(0, kinds=["window.paused"])] == [1, 3]


def test_replay_goes_through_more_than_one_batch(log: EventLog) -> None:
    told = start(log)
    log.append(tuple(rows([pause(n) for n in range(1, 2502)])))
    told.wait(2501)
    assert [r.seq for r in log.replay()] == list(range(1, 2502))


def test_rows_that_wait_are_one_commit(log: EventLog) -> None:
    told = start(log)
    with closing(open_log(Path(log.database.url.removeprefix("sqlite:///")).parent)) as other:
        with other.database.engine().connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the writer must wait here, while rows queue up
            for one in rows([pause(n) for n in range(1, 101)]):
                log.append((one,))
            connection.rollback()
        ends = told.wait(100)
    # The first group is what was there when the writer woke; all that came while it waited is the second.
    assert ends[-1] == 100
    assert len(ends) <= 2
    assert log.head().count == 100


def test_rows_of_one_call_are_never_parted(log: EventLog) -> None:
    told = start(log)
    many = rows([pause(n) for n in range(1, 2 * GROUP_MOST + 1)])
    log.append(tuple(many[: GROUP_MOST - 1]))
    log.append(tuple(many[GROUP_MOST - 1 : GROUP_MOST + 5]))
    log.append(tuple(many[GROUP_MOST + 5 :]))
    ends = told.wait(2 * GROUP_MOST)
    assert set(ends) <= {GROUP_MOST - 1, GROUP_MOST + 5, 2 * GROUP_MOST}


def test_head_moves_with_the_rows(log: EventLog) -> None:
    told = start(log)
    for one in rows([pause(1), pause(2)]):
        log.append((one,))
        told.wait(one.seq)
        head = log.head()
        assert (head.count, head.last_seq) == (one.seq, one.seq)


def test_hash_is_computed_over_the_row_as_json_tells_it(log: EventLog) -> None:
    told = start(log)
    log.append((row(1, pause(1)),))
    told.wait(1)
    canonical = (
        '{"kind":"window.paused","mono_ns":1000000000,"payload":{"by":"test","clerk":"1001","reason":"第1次","window":1},'
        '"seq":1,"wall_ms":1790816400001}'
    )
    assert log.head().last_hash == sha256(bytes(32) + canonical.encode()).digest()


def test_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    write(tmp_path, [pause(1), pause(2)])
    write(tmp_path, [pause(3)])
    with closing(open_log(tmp_path)) as log:
        assert [r.fact for r in log.replay()] == [pause(1), pause(2), pause(3)]
        assert log.head().count == 3


def test_what_waits_is_written_before_the_log_closes(tmp_path: Path) -> None:
    with closing(open_log(tmp_path)) as log:
        start(log)
        for one in rows([pause(n) for n in range(1, 51)]):
            log.append((one,))
    with closing(open_log(tmp_path)) as log:
        assert log.head().count == 50


def test_personal_value_is_read_back_while_it_is_kept(log: EventLog) -> None:
    told = start(log)
    log.append((row(1, issued(1, "张三\0李四 😀")),))
    told.wait(1)
    (recorded,) = log.read(0)
    assert recorded.fact == issued(1, "张三\0李四 😀")


def test_fact_stays_readable_when_retention_emptied_its_personal_value(log: EventLog) -> None:
    told = start(log)
    log.append((row(1, issued(1, "张三")),))
    told.wait(1)
    with log.database.engine().begin() as connection:
        connection.execute(text("DELETE FROM personal"))
    (recorded,) = log.read(0)
    assert isinstance(recorded.fact, TicketIssued)
    assert recorded.fact.ticket == "t1"
    assert recorded.fact.holder is not None
    assert "张三" not in recorded.fact.holder


@pytest.mark.parametrize("change", ["UPDATE events SET payload = '{}'", "DELETE FROM events"])
def test_database_refuses_to_change_a_fact(log: EventLog, change: str) -> None:
    told = start(log)
    log.append((row(1, pause(1)),))
    told.wait(1)
    with log.database.engine().connect() as connection, pytest.raises(DBAPIError, match="never changed"):
        connection.execute(text(change))
    assert [r.fact for r in log.read(0)] == [pause(1)]


def test_every_commit_is_synced_before_it_is_told(log: EventLog) -> None:
    with log.database.engine(single=True).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def keep_snapshots(folder: Path, snapshots: list[tuple[str, int, int]]) -> None:
    """Write five facts, then the snapshots; all are on disk once the log is closed."""
    with closing(open_log(folder)) as log:
        start(log)
        log.append(tuple(rows([pause(n) for n in range(1, 6)])))
        for name, seq, version in snapshots:
            log.save_snapshot(name, seq, version, f"{name} {seq}".encode())


def test_newest_snapshot_of_the_version_is_found(tmp_path: Path) -> None:
    keep_snapshots(tmp_path, [("hall", 4, 1), ("hall", 5, 2), ("other", 5, 1)])
    with closing(open_log(tmp_path)) as log:
        assert log.latest_snapshot("hall", 1) == (4, b"hall 4")
        assert log.latest_snapshot("hall", 2) == (5, b"hall 5")
        assert log.latest_snapshot("hall", 3) is None
        assert log.latest_snapshot("nobody", 1) is None


def test_two_snapshots_of_a_name_are_kept(tmp_path: Path) -> None:
    keep_snapshots(tmp_path, [("hall", seq, 1) for seq in range(1, 6)] + [("other", 2, 1)])
    with closing(open_log(tmp_path)) as log, log.database.engine().connect() as connection:
        kept = connection.execute(text("SELECT name, seq FROM snapshots ORDER BY name, seq")).all()
        assert [tuple(one) for one in kept] == [("hall", 4), ("hall", 5), ("other", 2)]


def test_snapshot_that_runs_ahead_of_the_log_is_not_read(tmp_path: Path) -> None:
    keep_snapshots(tmp_path, [("hall", 99, 1)])
    with closing(open_log(tmp_path)) as log:
        assert log.latest_snapshot("hall", 1) is None


def test_writer_that_can_not_even_open_the_database_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with closing(open_log(folder)) as log:
        log.head()
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        told = start(log)
        assert told.trouble.get(timeout=30)


def test_facts_that_the_disk_refuses_to_the_end_are_given_up_aloud(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Head:
        raise OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(writer, "append", refuse)
    with structlog.testing.capture_logs() as logged:
        told = start(log)
        log.append(tuple(rows([pause(1), pause(2)])))
        told.trouble.get(timeout=30)
        log.close()
    (given_up,) = (one for one in logged if one["event"] == "log.given_up")
    assert (given_up["facts"], given_up["first"], given_up["reason"]) == (2, 1, "database or disk is full")


def test_lock_tells_who_holds_the_folder(tmp_path: Path) -> None:
    with DataLock(tmp_path, "serve"), pytest.raises(LogBusy) as caught, DataLock(tmp_path, "import"):
        pass
    assert caught.value.holder == f"hallhub serve, pid {os.getpid()}"
    assert f"pid {os.getpid()}" in str(caught.value)


def test_lock_holds_between_programs_and_falls_when_its_holder_dies(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from hub.eventlog import DataLock\n"
        "with DataLock(pathlib.Path(sys.argv[1]), 'serve'):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LogBusy, match=f"pid {holder.pid}"), DataLock(tmp_path, "restore"):
            pass
        holder.kill()
    with DataLock(tmp_path, "restore"):
        pass


def test_lock_may_be_taken_again_once_it_is_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with DataLock(tmp_path / "new", "serve"):
            pass


def test_folder_is_made_where_it_is_missing(tmp_path: Path) -> None:
    with closing(EventLog(Database.in_folder(tmp_path / "a" / "b"))) as log:
        assert log.head().count == 0


def test_facts_of_the_log_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Paused(1, "1001", "", "").window = 2  # type: ignore[misc]
