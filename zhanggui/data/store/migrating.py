"""Bring the tables of a database to the present schema with Alembic."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine

from zhanggui.data.store.connecting import lock_schema

HEAD = "0001"
"""The newest migration. When the database has it already, Alembic has nothing to do and reads no file."""

_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in module variables."""


def migrate(engine: Engine) -> None:
    """Run the missing migrations in one transaction; a second process waits for the first and finds all done."""
    with engine.begin() as connection:
        lock_schema(connection)
        if MigrationContext.configure(connection).get_current_revision() != HEAD:
            with _ONE_AT_A_TIME:
                command.upgrade(config(connection), "head")


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for our scripts, working on an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings
