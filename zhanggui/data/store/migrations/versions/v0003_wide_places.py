"""A place on a page may be any number of 64 bits, as everywhere else: PostgreSQL refused those above 31 bits.

SQLite's integers are that wide whatever they are called.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Widen the column; on PostgreSQL this writes the table anew, a minute for some ten million events."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("events", "shown_at", existing_type=sa.Integer, type_=sa.BigInteger, existing_nullable=True)
