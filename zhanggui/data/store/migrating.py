"""Bring the tables of a database to the present schema with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine

HEAD = "0001"
"""The newest migration. When the database has it already, Alembic has nothing to do and reads no file."""


def migrate(engine: Engine) -> None:
    """Run the missing migrations in one transaction; a second process waits for the first and finds all done."""
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() != HEAD:
            command.upgrade(config(connection), "head")


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for our scripts, working on an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings
