"""Alembic runs this file under the name `env_py`; imported under any other name it does nothing."""

from alembic import context

from zhanggui.data.store.schema import METADATA


def run() -> None:
    """Apply the scripts inside the transaction that the caller holds."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
    context.run_migrations()


if __name__ == "env_py":
    run()
