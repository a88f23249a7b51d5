"""Every step of the schema, on both engines, with data in place: what was there reads back equal."""

from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.types import BigInteger, Float, Integer, SmallInteger

from zhanggui.core.errors import StoreError
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.store import open_store
from zhanggui.data.store.connecting import connect, writer
from zhanggui.data.store.migrating import HEAD, config, revisions
from zhanggui.data.store.places import url_of
from zhanggui.data.store.schema import METADATA

ENGINE = create_engine("sqlite://")
with ENGINE.connect() as _connection:
    REVISIONS = revisions(_connection)
ENGINE.dispose()
FIRST_STORE = (
    "INSERT INTO products VALUES ('tea', 3, '{\"title\":\"龙井茶\"}'), ('gone', 2, NULL)",
    "INSERT INTO events VALUES (1, 'e', 'ann', 0, 1700000000000, 'tea', '', 's', '', '', 2, '', 'search', '', '', '',"
    " 1.5, NULL, '好茶', 1)",
    "INSERT INTO users VALUES ('ann')",
    "INSERT INTO rankings VALUES ('r', 'search', 9, '[\"tea\"]', '[0.5]', '[1.0]', 'ann', '茶', 'v1', 'p')",
    "UPDATE counters SET value = 3 WHERE name = 'position'",
    "UPDATE counters SET value = 1 WHERE name <> 'position'",
)
"""What version 0001 wrote, in its own words: later code must not be what fills it."""


@pytest.fixture
def engine(new_place):
    engine = connect(url_of(new_place()))
    yield engine
    engine.dispose()


def upgrade(engine, revision):
    with writer(engine).begin() as connection:
        command.upgrade(config(connection), revision)


def content(engine):
    """Return every row of every table by (table, column names), whatever the schema is."""
    with engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        return {
            table.name: sorted((dict(row._mapping) for row in connection.execute(table.select())), key=repr)
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }


def fill(engine, revision):
    """Put a row into every table that is empty: made of its column types, so that it fits tables yet to come."""
    with writer(engine).begin() as connection:
        found = MetaData()
        found.reflect(connection)
        for table in found.sorted_tables:
            if connection.execute(table.select().limit(1)).first() is None:
                connection.execute(table.insert().values({c.name: value_of(c, revision) for c in table.columns}))


def value_of(column, revision):
    return 7 if isinstance(column.type, BigInteger | Float | Integer | SmallInteger) else f"茶 {column.name} {revision}"


def test_the_migrations_are_one_line():
    assert REVISIONS[0] == "0001" and REVISIONS[-1] == HEAD


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_one_step_with_data_in_place(engine, revision):
    before = REVISIONS[REVISIONS.index(revision) - 1]
    upgrade(engine, before)
    with writer(engine).begin() as connection:
        for statement in FIRST_STORE:
            connection.execute(text(statement.replace(":", r"\:")))
    fill(engine, before)
    old = content(engine)
    upgrade(engine, revision)
    new = content(engine)
    for table, rows in old.items():
        kept = [{name: row[name] for name in rows[0]} for row in new[table] if table != "counters" or row in rows]
        assert kept == rows, table


def test_from_the_first_schema_to_the_newest(engine):
    upgrade(engine, REVISIONS[0])
    with writer(engine).begin() as connection:
        for statement in FIRST_STORE:
            connection.execute(text(statement.replace(":", r"\:")))
    with closing(open_store(engine.url.render_as_string(hide_password=False))) as store:
        assert store.products(["tea", "gone"]) == {"tea": Product("tea", title="龙井茶")}
        event = Event("e", "ann", EventType.VIEW, 1_700_000_000_000, "tea", session_id="s", position=2)
        (found,) = store.events_of("ann")
        assert (found.event_id, found.time, found.position, found.text) == ("e", event.time, 2, "好茶")
        assert [change.position for change in store.changes(0)] == [1, 2, 3]
        assert store.ranking("r").items == ("tea",)
        assert store.put_events([event, Event("new", "bob", EventType.VIEW, 1, "tea")]).position == 4
        assert store.totals().users == 2
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_store_of_a_newer_version_is_refused_and_left_alone(engine):
    place = engine.url.render_as_string(hide_password=False)
    open_store(place).close()
    with writer(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = content(engine)
    with pytest.raises(StoreError, match=r"version '9999'.*newer zhanggui.*pip install --upgrade"):
        open_store(place)
    assert content(engine) == before
