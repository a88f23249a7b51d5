"""Bring the tables of a database to the present schema with Alembic."""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from zhanggui.core.errors import StoreError
from zhanggui.data.store.connecting import lock_schema
from zhanggui.data.store.places import shown

HEAD = "0003"
"""The newest migration. When the database has it already, Alembic has nothing to do and reads no file."""

_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it works on in module variables."""


def migrate(engine: Engine) -> None:
    """Run the missing migrations in one transaction; a second process waits for the first and finds all done."""
    with engine.begin() as connection:
        lock_schema(connection)
        found = MigrationContext.configure(connection).get_current_revision()
        if found != HEAD:
            with _ONE_AT_A_TIME:
                _refuse_newer(found, connection)
                command.upgrade(config(connection), "head")


def revisions(connection: Connection) -> list[str]:
    """Return the name of every migration, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(config(connection)).walk_revisions()][::-1]


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for our scripts, working on an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def _refuse_newer(found: str | None, connection: Connection) -> None:
    if found is not None and found not in revisions(connection):
        raise StoreError(
            f"The Store at {shown(connection.engine.url)} has tables of version {found!r}; this zhanggui knows "
            f"{HEAD!r} and older. A newer zhanggui has written it. Run: pip install --upgrade zhanggui"
        )
