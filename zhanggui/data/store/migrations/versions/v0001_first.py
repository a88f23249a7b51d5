"""The first tables: counters, products, events, users, rankings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of an empty Store."""
    counters = op.create_table(
        "counters", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", Number, nullable=False)
    )
    names = ("position", "products", "events", "users", "rankings")
    op.bulk_insert(counters, [{"name": name, "value": 0} for name in names])
    _products()
    _events()
    op.create_table("users", sa.Column("user_id", Id, primary_key=True))
    _rankings()


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("item_id", Id, primary_key=True),
        sa.Column("position", Number, nullable=False, unique=True),
        sa.Column("body", sa.Text, nullable=True),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("position", Number, primary_key=True, autoincrement=False),
        sa.Column("event_id", Id, nullable=False, unique=True),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("anonymous_id", "session_id", "order_id")),
        sa.Column("ranking_id", sa.Text, nullable=False),
        sa.Column("shown_at", sa.Integer, nullable=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("query", "surface", "device", "channel", "place")),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("quantity", sa.Float(53), nullable=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("consent", sa.SmallInteger, nullable=True),
    )
    op.create_index("events_by_user", "events", ["user_id", "time"])


def _rankings() -> None:
    op.create_table(
        "rankings",
        sa.Column("ranking_id", Id, primary_key=True),
        sa.Column("surface", sa.Text, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("items", "scores", "propensities")),
        sa.Column("user_id", Id, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("query", "release", "policy")),
    )
