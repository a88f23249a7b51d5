"""The tables as they are now. A change here comes with a migration; a test compares the two."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, SmallInteger, Table, Text, text

METADATA = MetaData()
_SOME = text("anonymous_id <> ''")

Id = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point everywhere, as Python and SQLite do."""

Number = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits. SQLite makes a column its row number only when it is declared INTEGER."""

COUNTERS = Table(
    "counters",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Number, nullable=False),
)
"""`position` is the head of the feed. Whoever writes updates it first, so its row lock puts writers into a queue and
the order of commits is the order of positions. The others are totals, so that nobody has to count the tables."""

COUNTER_NAMES = ("position", "products", "events", "users", "rankings")

PRODUCTS = Table(
    "products",
    METADATA,
    Column("item_id", Id, primary_key=True),
    Column("position", Number, nullable=False, unique=True),
    Column("body", Text, nullable=True),
)
"""The present state as JSON and the number of the last change; a removed product stays as a row without a body."""

EVENTS = Table(
    "events",
    METADATA,
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("event_id", Id, nullable=False, unique=True),
    Column("user_id", Id, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("item_id", Id, nullable=False),
    Column("anonymous_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("ranking_id", Text, nullable=False),
    Column("shown_at", Number, nullable=True),
    Column("query", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("value", Float(53), nullable=True),
    Column("quantity", Float(53), nullable=True),
    Column("text", Text, nullable=False),
    Column("consent", SmallInteger, nullable=True),
    Index("events_by_user", "user_id", "time"),
    Index("events_by_anonymous", "anonymous_id", sqlite_where=_SOME, postgresql_where=_SOME),
)
"""`type` is EventType.code, `shown_at` is Event.position (`position` is the number in the feed)."""

USERS = Table("users", METADATA, Column("user_id", Id, primary_key=True))
"""Everyone who has an event."""

RANKINGS = Table(
    "rankings",
    METADATA,
    Column("ranking_id", Id, primary_key=True),
    Column("surface", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("items", Text, nullable=False),
    Column("scores", Text, nullable=False),
    Column("propensities", Text, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("query", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Index("rankings_by_user", "user_id"),
)
"""One row per page shown; the lists are compact JSON."""

ERASURES = Table(
    "erasures",
    METADATA,
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("salt", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("before", BigInteger, nullable=True),
)
"""What core.erasure.Erasure says, once for each thing erased: told again, it moves to the end of the feed.
All rows have the same salt, made with the first."""
