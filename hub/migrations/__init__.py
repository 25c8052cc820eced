"""The database's schema, step by step (alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

from hub.errors import LogError

HEAD: Final = "0001"
"""The newest step; a test holds it against the folder."""


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest step. Alembic is imported only where there is something to do."""
    with engine.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if version == HEAD:
                return
    from alembic import command  # noqa: PLC0415 - a third of a second that a usual start does not need
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # Else each statement would be its own transaction, and a kill in between would leave half a schema.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            hint = "数据库由更新版本的 hallhub 建立，请升级 hallhub 后再用 (made by a newer hallhub)"
            raise LogError(f"{hint}: {error}") from error
