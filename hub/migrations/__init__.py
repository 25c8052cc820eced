"""The database's schema, step by step (alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

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

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
