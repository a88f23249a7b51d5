"""Many rows, or many ids, by one statement, without the per-row work of the expression layer."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Insert, Table, Text, bindparam, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from zhanggui.data.store.codec import Row


def insert_rows(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Insert rows that hold the table's columns in order.

    Building parameter dictionaries costs more than SQLite's own work, so drivers that count parameters get the tuples.
    """
    if not rows:
        return
    names = [column.name for column in statement.table.columns]
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    if compiled.positional and list(compiled.positiontup or ()) == names:
        connection.exec_driver_sql(str(compiled), list(rows))
    else:
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def append_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that are new; on PostgreSQL by COPY, which takes a fifth of the time of one INSERT a row."""
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        insert_rows(connection, insert(table), rows)


def among(connection: Connection, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a text is one of these, as one parameter: the statement is the same however many."""
    if connection.dialect.name == "postgresql":
        return column == func.any(literal(list(values), ARRAY(Text)))
    each = func.json_each(bindparam(None, orjson.dumps(values).decode(), Text)).table_valued("value")
    return column.in_(select(each.c.value))


def _copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    driver: Any = connection.connection.driver_connection
    names = ", ".join(connection.dialect.identifier_preparer.quote(column.name) for column in table.columns)
    statement = f"COPY {table.name} ({names}) FROM STDIN"
    fault: Any = connection.dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except fault.Error as error:
        raise DBAPIError(statement, None, error) from error
