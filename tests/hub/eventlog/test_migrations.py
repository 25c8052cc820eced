"""The schema: made once, by whoever comes first, and the same as the classes say."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, text
from sqlmodel import SQLModel

from hub import migrations
from hub.errors import LogError
from hub.eventlog import Database, EventLog
from hub.eventlog.tables import EventRow, HeadRow, PersonalRow, SnapshotRow
from tests.hub.running import open_log

ROOT = Path(__file__).parents[3]
OURS = {model.__tablename__ for model in (EventRow, PersonalRow, HeadRow, SnapshotRow)}


def test_head_names_the_newest_step_of_the_folder() -> None:
    steps = sorted(path.stem for path in (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py"))
    assert steps[-1].partition("_")[0] == migrations.HEAD


def test_classes_and_migrated_schema_agree(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    with log.database.engine().connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: kind != "table" or name in OURS,
                "compare_server_default": True,
            },
        )
        differences = [
            difference
            for difference in compare_metadata(context, SQLModel.metadata)
            if not (difference[0] == "add_table" and difference[1].name not in OURS)
        ]
    log.close()
    assert differences == []


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    before = log.head()
    log.database.migrate()
    assert log.head() == before
    log.close()


def test_several_programs_may_make_the_database_at_once(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from hub.eventlog import Database, EventLog\n"
        "log = EventLog(Database.in_folder(pathlib.Path(sys.argv[1])))\n"
        "assert log.head().count == 0\n"
        "log.close()\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT) for _ in range(2)]
    assert [one.wait(60) for one in started] == [0, 0]


def test_migration_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    engine = database.engine()

    @event.listens_for(engine, "before_cursor_execute")
    def break_off(*arguments: object) -> None:
        if "CREATE TABLE snapshots" in str(arguments[2]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrations.upgrade(engine)
    log = EventLog(database)
    assert log.head().count == 0
    log.close()


def test_database_of_a_newer_version_is_refused_in_words(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    with log.database.engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LogError, match="9999"):
        log.database.migrate()
    log.close()
