"""What can be wrong with a data folder or a database is said before anything is stored."""

import sqlite3
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from hub.errors import LogBusy, LogError, Unusable
from hub.eventlog import Database, DataLock, EventLog, database
from hub.eventlog.database import FILE_NAME


def unusable(broken: Database) -> Unusable:
    with pytest.raises(Unusable) as caught:
        EventLog(broken)
    return caught.value


def test_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(Unusable, match="应为目录") as caught:
        Database.in_folder(tmp_path / "data")
    assert caught.value.where == str(tmp_path / "data")


def test_a_folder_that_is_made_is_not_for_everybody(tmp_path: Path) -> None:
    Database.in_folder(tmp_path / "data")
    with DataLock(tmp_path / "other", "serve"):
        assert not (tmp_path / "other").stat().st_mode & 0o007
    assert not (tmp_path / "data").stat().st_mode & 0o007


def test_lock_needs_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(Unusable, match="应为目录"), DataLock(tmp_path / "data", "serve"):
        pass


def test_lock_that_is_held_names_its_holder(tmp_path: Path) -> None:
    with (
        DataLock(tmp_path, "serve"),
        pytest.raises(LogBusy, match=r"hallhub serve, pid \d+"),
        DataLock(tmp_path, "import"),
    ):
        pass
    with DataLock(tmp_path, "import"):
        pass


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database, but long enough to be looked at " * 100)
    error = unusable(Database.in_folder(tmp_path))
    assert error.where == str(tmp_path / FILE_NAME)
    assert "备份" in str(error)


def test_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("CREATE TABLE events (x)")
    with pytest.raises(LogError):
        EventLog(Database.in_folder(tmp_path))
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        assert [row[0] for row in other.execute("SELECT sql FROM sqlite_master")] == ["CREATE TABLE events (x)"]


def test_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    assert "无法打开" in str(unusable(Database.in_folder(tmp_path)))


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("nonsense+driver://somewhere", "nonsense+driver://somewhere"),
        ("mysql://:x:y", "[hall] database"),
    ],
)
def test_address_of_no_database_is_refused(url: str, where: str) -> None:
    assert unusable(Database(url)).where == where


def test_message_never_shows_a_password() -> None:
    error = unusable(Database("nonsense://hall:secret@db/hall"))
    assert "secret" not in str(error)
    assert error.where == "nonsense://hall:***@db/hall"


def _set_up_at_once(folder: str, start: Barrier, count: int) -> None:
    for n in range(count):
        start.wait(30)
        with closing(sqlite3.connect(f"{folder}/{n}", timeout=10)) as connection:
            database._set_up_sqlite(connection, None)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
            connection.execute("COMMIT")


def test_programs_that_make_a_database_at_once_wait_for_each_other(tmp_path: Path) -> None:
    spawn = get_context("spawn")
    start = spawn.Barrier(3)
    programs = [spawn.Process(target=_set_up_at_once, args=(str(tmp_path), start, 30)) for _ in range(3)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(60)
    assert [program.exitcode for program in programs] == [0, 0, 0]


def test_database_that_stays_locked_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert "被其他程序占用" in str(unusable(Database.in_folder(tmp_path)))
