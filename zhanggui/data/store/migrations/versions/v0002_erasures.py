"""What was erased, and the indexes that find what is to be erased."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table of erasures; index the events of anonymous ids and the pages of users."""
    op.create_table(
        "erasures",
        sa.Column("position", Number, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("before", sa.BigInteger, nullable=True),
    )
    some = sa.text("anonymous_id <> ''")
    op.create_index(
        "events_by_anonymous", "events", ["anonymous_id"], sqlite_where=some, postgresql_where=some, unique=False
    )
    op.create_index("rankings_by_user", "rankings", ["user_id"], unique=False)
