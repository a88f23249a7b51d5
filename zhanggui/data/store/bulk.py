"""Many rows by one statement, without the per-row work of the expression layer."""

from collections.abc import Sequence

from sqlalchemy import Connection, Insert

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
